import { hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Reducer, selfNormalised, weightedSum } from '../terms.ts'
import { type Engine, climbsAsItsGradient, eagerCpu, onnxRuntime } from './differences.ts'
import { type Evaluated, type Tried, evaluate, stacked, step, tensorsOf } from './evaluate.ts'
import { inFloat64 } from './float64.ts'
import { type Nested, type Row, flat, mapNested } from './rows.ts'

/** What every loss keeps, by name. */
export type Law =
  | 'padding'
  | 'order'
  | 'duplicates'
  | 'shifts'
  | 'weights'
  | 'accumulation'
  | 'nothing'
  | 'ruledOut'
  | 'compiled'
  | 'shapes'

/** A loss and how to make batches for it. A new loss adds one of these to the table of its folder. */
export interface LossCase extends Tried {
  /** The loss as the library exports it, and after a comma what of its options this row stands for. */
  readonly name: string
  /** One row; all rows of a batch have the same shapes. */
  readonly row: fc.Arbitrary<Row>
  /** The row with NaN wherever the loss must not look. */
  readonly blank?: (row: Row) => Row
  /** The row with nothing in it to learn from: masked, dropped, without a pair. */
  readonly empty?: (row: Row) => Row
  /** The row with something added that must cancel (a constant in log R, in both log-probabilities of a pair). */
  readonly shifted?: (row: Row) => Row
  /** An input of equal numbers in rows that belong together, because a statistic of theirs is in the loss. */
  readonly together?: string
  /** Laws that the formula itself breaks; say why beside it. */
  readonly breaks?: readonly Law[]
}

const RUNS = 4

const close = (found: number, expected: number, scale: number, tolerance = 1e-9): void =>
  expect(Math.abs(found - expected) / Math.max(1, scale), `${found} is not ${expected}`).toBeLessThan(tolerance)

const allZero = (values: readonly number[]): boolean => values.every((x) => x === 0)

const largest = (values: readonly number[]): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)

/** Gradients of one input with those of another evaluation, which may be in another order or of another size. */
const sameGradients = (found: Evaluated, expected: Evaluated['gradients'], tolerance?: number): void => {
  for (const [name, rows] of Object.entries(expected)) {
    const [a, b] = [found.gradients[name].flat(), rows.flat()]
    expect(a, name).toHaveLength(b.length)
    b.forEach((g, i) => close(a[i], g, largest(b), tolerance))
  }
}

/** The gradients with a change to those of rows; what belongs to a shared scalar stays. */
const perRow = (
  { gradients }: Evaluated,
  { shared = {} }: Tried,
  change: (rows: readonly (readonly number[])[]) => readonly (readonly number[])[],
): Evaluated['gradients'] =>
  Object.fromEntries(Object.entries(gradients).map(([name, rows]) => [name, name in shared ? rows : change(rows)]))

const allFinite = ({ value, gradients, metrics }: Evaluated): boolean =>
  [value, ...Object.values(metrics), ...Object.values(gradients).flat(2)].every(Number.isFinite)

const batches = ({ row }: LossCase, minLength = 2): fc.Arbitrary<Row[]> => fc.array(row, { minLength, maxLength: 4 })

const holds = (c: LossCase, law: (rows: readonly Row[]) => void): void =>
  fc.assert(
    fc.property(batches(c), (rows) => inFloat64(() => law(rows))),
    { numRuns: RUNS },
  )

/** The rows in parts as small as the loss allows. */
const partsOf = (rows: readonly Row[], together: string | undefined): readonly (readonly number[])[] => {
  const parts = new Map<unknown, number[]>()
  rows.forEach((row, i) => {
    const key = together === undefined ? i : row[together]
    parts.set(key, [...(parts.get(key) ?? []), i])
  })
  return [...parts.values()]
}

const padding = (c: LossCase, blank: (row: Row) => Row): void =>
  holds(c, (rows) => {
    const [whole, blanked] = [evaluate(c, rows), evaluate(c, rows.map(blank))]
    expect(allFinite(blanked)).toBe(true)
    expect(blanked).toEqual(whole)
  })

const order = (c: LossCase): void =>
  holds(c, (rows) => {
    const [found, expected] = [evaluate(c, [...rows].reverse()), evaluate(c, rows)]
    close(found.value, expected.value, expected.value)
    sameGradients(
      found,
      perRow(expected, c, (of) => [...of].reverse()),
    )
  })

const duplicates = (c: LossCase): void =>
  holds(c, (rows) => {
    const [found, expected] = [evaluate(c, [...rows, ...rows]), evaluate(c, rows)]
    close(found.value, expected.value, expected.value)
    sameGradients(
      found,
      perRow(expected, c, (of) => [...of, ...of].map((row) => row.map((g) => g / 2))),
    )
  })

const shifts = (c: LossCase, shifted: (row: Row) => Row): void =>
  holds(c, (rows) => {
    const [found, expected] = [evaluate(c, rows.map(shifted)), evaluate(c, rows)]
    close(found.value, expected.value, expected.value)
    sameGradients(found, expected.gradients)
  })

/** The row with an infinity in place of every number that the loss reads of some inputs (default those it learns). */
const ruined = (c: LossCase, row: Row, names: readonly string[] = c.learned, infinity: number = -Infinity): Row => {
  const read = (x: Nested, name: string): Nested => {
    const seen = flat((c.blank?.(row) ?? row)[name])
    return mapNested(x, (value, at) => (Number.isNaN(seen[at]) ? value : infinity))
  }
  const changed = (name: string, x: Nested): Nested => (names.includes(name) ? read(x, name) : x)
  return Object.fromEntries(Object.entries(row).map(([name, x]) => [name, changed(name, x)]))
}

const weights = (c: LossCase): void =>
  holds(c, (rows) => {
    const terms = c.loss(tensorsOf(c, rows) as never)
    const products = tf.mul(terms.terms, terms.share)
    const ofRow = tf.sum(tf.reshape(products, [rows.length, -1]), 1)
    const { value } = evaluate(c, rows)
    expect(value, 'weight 1').toBe(tf.sum(ofRow).dataSync()[0])
    const twos = rows.map(() => 2)
    close(evaluate(c, rows, twos, selfNormalised).value, value, value)

    const [first, ...rest] = partsOf(rows, c.together)
    const out = rows.map((_, i) => (first.includes(i) ? 0 : 1 + i / 4))
    const expected = evaluate(c, rows, out)
    const found = evaluate(
      c,
      rows.map((row, i) => (first.includes(i) ? ruined(c, row) : row)),
      out,
    )
    expect(found.value, 'weight 0 where a term is not finite').toBe(expected.value)
    expect(found.gradients).toEqual(expected.gradients)
    for (const name of c.learned.filter((input) => !(input in (c.shared ?? {}))))
      for (const i of first)
        expect(
          expected.gradients[name][i].every((g) => g === 0),
          `${name}, weight 0`,
        ).toBe(true)
    expect(rest.length === 0 || allFinite(expected)).toBe(true)
  })

const accumulation = (c: LossCase, reducer: Reducer): void =>
  holds(c, (rows) => {
    const weight = rows.map((_, i) => [0.5, 2, 0, 1, 3][i])
    const whole = evaluate(c, rows, weight, reducer)
    const parts = partsOf(rows, c.together).map((of) => ({
      of,
      ...evaluate(
        c,
        of.map((i) => rows[i]),
        of.map((i) => weight[i]),
        reducer,
      ),
    }))
    const mass = parts.reduce((sum, part) => sum + part.mass, 0) || 1
    close(parts.reduce((sum, part) => sum + part.mass * part.value, 0) / mass, whole.value, whole.value)
    const gradients = Object.fromEntries(
      Object.entries(whole.gradients).map(([name, expected]) => {
        const sum = expected.map((row) => row.map(() => 0))
        for (const part of parts)
          part.gradients[name].forEach((row, k) => {
            const into = sum[name in (c.shared ?? {}) ? 0 : part.of[k]]
            row.forEach((g, t) => (into[t] += (part.mass * g) / mass))
          })
        return [name, sum]
      }),
    )
    sameGradients(whole, gradients)
  })

/** On random batches in float64, and on one of some size in float32. */
const differences = async (c: LossCase, engine: Engine): Promise<void> => {
  if (engine === eagerCpu)
    return fc.assert(
      fc.asyncProperty(batches(c), (rows) => climbsAsItsGradient(c, rows, engine)),
      { numRuns: 2 },
    )
  return climbsAsItsGradient(c, fourRows(c), engine)
}

const nothing = (c: LossCase, empty: (row: Row) => Row): void =>
  holds(c, (rows) => {
    const found = evaluate(c, rows.map(empty))
    expect(found.value).toBeCloseTo(0, 12)
    expect(
      Object.values(found.gradients)
        .flat(2)
        .every((g) => g === 0),
    ).toBe(true)
    expect(allFinite(found)).toBe(true)
  })

/** Inputs that say which numbers count. */
const COUNTING = new Set(['mask', 'valid', 'keep', 'group', 'pairs', 'label', 'chosenLength', 'rejectedLength'])

/** ±∞ in an input of one row, and of all: a loss that is a number, no gradient there, and metrics of the others. */
const ruledOut = (c: LossCase): void =>
  holds(c, (rows) => {
    for (const name of Object.keys(c.shared ?? {}))
      for (const infinity of [-Infinity, Infinity]) {
        const found = evaluate({ ...c, shared: { ...c.shared, [name]: infinity } }, rows)
        expect(allFinite(found), `${infinity} in ${name}`).toBe(true)
        expect(Object.values(found.gradients).flat(2), `gradients, ${infinity} in ${name}`).toSatisfy(allZero)
      }
    for (const name of Object.keys(rows[0]).filter((input) => !COUNTING.has(input)))
      for (const infinity of [-Infinity, Infinity])
        for (const lost of [1, rows.length]) {
          const found = evaluate(
            c,
            rows.map((row, i) => (i < lost ? ruined(c, row, [name], infinity) : row)),
          )
          const what = `${infinity} in ${name} of ${lost} of ${rows.length} rows`
          expect(allFinite(found), what).toBe(true)
          for (const of of c.learned.filter((input) => !(input in (c.shared ?? {}))))
            expect(found.gradients[of].slice(0, lost).flat(), `${what}: gradient of ${of}`).toSatisfy(allZero)
          for (const [metric, x] of Object.entries(found.metrics))
            expect(Math.abs(x), `${what}: ${metric}`).toBeLessThan(1e4)
        }
  })

/** A batch that is always the same. */
const fourRows = ({ row }: LossCase): readonly Row[] =>
  fc.sample(fc.array(row, { minLength: 4, maxLength: 4 }), { numRuns: 1, seed: 5 })[0]

/** Loss, metrics and gradients on ONNX Runtime in fp32, beside those of the formula in float64. */
const compiled = async (c: LossCase): Promise<void> => {
  const rows = fourRows(c)
  const weight = [1, 0.5, 0, 2]
  const given = rows.map((row) => c.blank?.(row) ?? row)
  const expected = inFloat64(() => evaluate(c, given, weight))
  const host = Object.fromEntries(
    stacked(given, c.shared).map(({ name, shape, values, dtype }) => [
      name,
      hostTensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), shape),
    ]),
  )
  const run = jit(({ inputs, weights }: { inputs: Readonly<Record<string, tf.Tensor>>; weights: tf.Tensor }) =>
    step(c)(inputs, weights as tf.Tensor1D),
  )
  const found = await run({ inputs: host, weights: hostTensor(Float32Array.from(weight)) })
  await run.dispose()
  close(found.value.data[0], expected.value, expected.value, 1e-5)
  for (const [name, rowsOf] of Object.entries(expected.gradients)) {
    const [g, e] = [found.gradients[name].data, rowsOf.flat()]
    e.forEach((x, i) => close(g[i], x, largest(e), 1e-4))
  }
  for (const [name, x] of Object.entries(expected.metrics)) close(found.metrics[name].data[0], x, x, 1e-4)
}

/** A batch of which one input has a row too many, or an axis too many. */
const shapes = (c: LossCase): void => {
  const [rows] = fc.sample(fc.array(c.row, { minLength: 3, maxLength: 3 }), { numRuns: 1, seed: 5 })
  const inputs = tensorsOf(c, rows)
  const wrong: readonly ((x: tf.Tensor) => tf.Tensor)[] = [
    (x) => tf.concat([x, tf.slice(x, 0, 1)]),
    (x) => tf.expandDims(x, 0),
    (x) => tf.expandDims(x, -1),
  ]
  for (const [name, x] of Object.entries(inputs).filter(([, { rank }]) => rank > 0))
    for (const change of wrong)
      expect(() => c.loss({ ...inputs, [name]: change(x) } as never), `${name} [${change(x).shape}]`).toThrow(
        RangeError,
      )
}

/**
 * Tests that losses keep the laws: what lies in the padding, the order of rows, a batch given twice or in parts, and
 * what must cancel change nothing; weight 1 is no weight to the bit and weight 0 no row at all; gradients are those of the
 * value; where there is nothing to learn from the loss is 0; the compiled graph agrees; a wrong shape is named.
 *
 * @example
 * keepTheLaws([{ name: 'crossEntropy', loss: crossEntropy, row, learned: ['logProb'], blank, empty }])
 */
export const keepTheLaws = (cases: readonly LossCase[]): void => {
  describe.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const law = (name: Law, title: string, check: () => void | Promise<void>): void =>
      test.skipIf(c.breaks?.includes(name))(title, async () => {
        await tf.setBackend('cpu')
        await check()
      })
    const { blank, empty, shifted } = c
    if (blank !== undefined) law('padding', 'NaN in what it must not read changes no bit', () => padding(c, blank))
    law('order', 'the order of rows does not matter', () => order(c))
    if (shifted !== undefined) law('shifts', 'what must cancel cancels', () => shifts(c, shifted))
    law('duplicates', 'a batch given twice has the same loss', () => duplicates(c))
    law('weights', 'weight 1 is no weight, weight 0 no row', () => weights(c))
    law('accumulation', 'parts make the batch by their mass', () => accumulation(c, weightedSum))
    law('accumulation', 'parts make the batch by their mass, self-normalised', () => accumulation(c, selfNormalised))
    for (const engine of [eagerCpu, onnxRuntime])
      test(`its gradient is that of its value: ${engine.name}`, () => differences(c, engine))
    if (empty !== undefined) law('nothing', 'nothing to learn from is loss 0', () => nothing(c, empty))
    law('ruledOut', 'what is infinite has a loss and no gradient', () => ruledOut(c))
    law('compiled', 'one graph on ONNX Runtime gives the same', () => compiled(c))
    law('shapes', 'a wrong shape is a RangeError', () => shapes(c))
  })
}
