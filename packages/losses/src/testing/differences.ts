import { type HostTensor, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { weightedSum } from '../terms.ts'
import { type NamedTensors, type Stack, type Tried, stacked, step } from './evaluate.ts'
import { inFloat64 } from './float64.ts'
import { type Row, many } from './rows.ts'

/** Two batches: `inputs`, and the one that gives what of the loss is a constant. */
interface Given {
  readonly inputs: readonly Stack[]
  readonly at: readonly Stack[]
}

interface GivenTensors {
  readonly inputs: NamedTensors
  readonly at: NamedTensors
}

/** A function of tensors, run somewhere. */
interface Running {
  readonly call: (given: Given) => Promise<Readonly<Record<string, readonly number[]>>>
  readonly dispose: () => Promise<void>
}

/** Where a loss is computed, and what its numbers are good for. */
export interface Engine {
  readonly name: string
  /** How far a step goes, to either side. */
  readonly h: number
  /** How far the differences may be from the slopes, as a part of these: less than half of what is to be found. */
  readonly relative: number
  /** And as a number, for inputs that a batch has no slope in; where it is 0 there must be one. */
  readonly absolute: number
  readonly run: (f: (given: GivenTensors) => NamedTensors) => Running
}

const byName = <A>(stacks: readonly Stack[], of: (stack: Stack) => A): Readonly<Record<string, A>> =>
  Object.fromEntries(stacks.map((stack) => [stack.name, of(stack)]))

const numbersOf = (found: NamedTensors): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(Object.entries(found).map(([name, x]) => [name, [...x.dataSync()]]))

/** tfjs op by op, in float64. */
export const eagerCpu: Engine = {
  name: 'eager cpu, float64',
  h: 1e-5,
  relative: 1e-6,
  absolute: 1e-9,
  run: (f) => {
    const tensors = (stacks: readonly Stack[]): NamedTensors =>
      byName(stacks, ({ values, shape, dtype }) => tf.tensor(values, shape, dtype))
    return {
      call: async ({ inputs, at }) => inFloat64(() => numbersOf(f({ inputs: tensors(inputs), at: tensors(at) }))),
      dispose: async () => {},
    }
  },
}

/** One graph on ONNX Runtime, in float32. */
export const onnxRuntime: Engine = {
  name: 'ONNX Runtime, float32',
  h: 1 / 64,
  relative: 0.01,
  absolute: 0,
  run: (f) => {
    const graph = jit((given: GivenTensors) => f(given))
    const hosts = (stacks: readonly Stack[]): Readonly<Record<string, HostTensor>> =>
      byName(stacks, ({ values, shape, dtype }) =>
        hostTensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), shape),
      )
    return {
      call: async ({ inputs, at }) =>
        Object.fromEntries(
          Object.entries(await graph({ inputs: hosts(inputs), at: hosts(at) })).map(([name, { data }]) => [
            name,
            [...data],
          ]),
        ),
      dispose: () => graph.dispose(),
    }
  },
}

const DIRECTIONS = 4

const length = (x: readonly number[]): number => Math.hypot(...x)

/** Random directions of length 1 in the space of n numbers. */
const directions = (n: number): readonly (readonly number[])[] =>
  fc.sample(many(n, -1, 1), { numRuns: DIRECTIONS, seed: 7 }).map((x) => x.map((coordinate) => coordinate / length(x)))

const moved = (stacks: readonly Stack[], name: string, direction: readonly number[], by: number): readonly Stack[] =>
  stacks.map((stack) =>
    stack.name === name ? { ...stack, values: stack.values.map((x, i) => x + by * direction[i]) } : stack,
  )

/** Central differences and slopes into each of some directions. */
interface Climbs {
  readonly differences: readonly number[]
  readonly slopes: readonly number[]
}

/** Fails unless the differences, as one vector, are the slopes: a factor that is wrong is wrong by as much of it. */
const same = (name: string, { differences, slopes }: Climbs, { relative, absolute }: Engine): void => {
  const apart = length(differences.map((d, k) => d - slopes[k]))
  const told = `${name}: differences ${differences.join(', ')} are not the slopes ${slopes.join(', ')}`
  expect(apart, told).toBeLessThanOrEqual(relative * length(slopes) + absolute)
  if (absolute === 0) expect(length(slopes), `${name}: there is no slope to compare with`).toBeGreaterThan(0)
}

/**
 * Tests that a loss climbs as its gradient says on the way from a batch into random directions of each of its inputs,
 * all values and gradients being that engine's. What the loss detaches stays as it is in the batch (`frozen`), where
 * the loss so taken must have the value of the loss itself.
 */
export const climbsAsItsGradient = async (c: Tried, rows: readonly Row[], engine: Engine): Promise<void> => {
  const weight = (): tf.Tensor1D => tf.ones([rows.length])
  const frozen = engine.run(({ inputs, at }) => {
    const terms = (c.frozen?.loss(at as never) ?? c.loss)(inputs as never)
    return { value: weightedSum(terms, weight()).loss }
  })
  const gradients = engine.run(({ inputs }) => step(c)(inputs, weight()).gradients)
  const itself = engine.run(({ inputs }) => ({ value: step(c)(inputs, weight()).value }))

  const at = stacked(rows, c.shared)
  const given = { inputs: at, at }
  const valueAt = async (inputs: readonly Stack[]): Promise<number> => (await frozen.call({ inputs, at })).value[0]
  const [here, value] = [await valueAt(at), (await itself.call(given)).value[0]]
  const told = `${here} with ${c.frozen?.part ?? 'nothing'} frozen is not ${value}`
  expect(Math.abs(here - value), told).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)))

  for (const [name, gradient] of Object.entries(await gradients.call(given))) {
    const climbs = directions(gradient.length).map(async (direction) => {
      const ahead = await valueAt(moved(at, name, direction, engine.h))
      const behind = await valueAt(moved(at, name, direction, -engine.h))
      return {
        difference: (ahead - behind) / (2 * engine.h),
        slope: gradient.reduce((sum, g, i) => sum + g * direction[i], 0),
      }
    })
    const found = await Promise.all(climbs)
    same(
      name,
      { differences: found.map(({ difference }) => difference), slopes: found.map(({ slope }) => slope) },
      engine,
    )
  }
  await Promise.all([frozen, gradients, itself].map((running) => running.dispose()))
}
