import { fault } from '@gfnlm/env'
import { type Device, type HostTensors, hostScalar, hostTensor, jitPerShape } from '@gfnlm/jit'
import { type Reducer, weightedSum } from '@gfnlm/losses'
import type { Policy, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { Metrics } from './events.ts'
import { adamw } from './optimizer/adamw.ts'
import type { Optimizer } from './optimizer/optimizer.ts'
import { type ParameterLayout, concatParameters, joinParameters, parameterLayout, sliceParameters, splitParameters } from './parameter-vector.ts'
import type { Schedule } from './schedule.ts'
import { nothingToTrain } from './tasks/nothing-to-train.ts'
import type { Task } from './tasks/task.ts'

/** All that training changes. A checkpoint is this value on disk. */
export interface TrainingState {
  /** Updates made so far. */
  readonly step: number
  /** Every trainable number, as `ParameterLayout` places them. */
  readonly parameters: Float32Array
  /** The optimizer's moments, placed alike. */
  readonly moments: Readonly<Record<string, Float32Array>>
}

export interface TrainStepOptions<Batch> {
  readonly task: Task<Batch>
  /** Default AdamW without weight decay. */
  readonly optimizer?: Optimizer
  readonly learningRate: Schedule
  /** Largest Euclidean norm of the gradient; larger ones are scaled down to it. Default: as they are. */
  readonly clipNorm?: number
  /** How terms, shares and row weights become the loss. Default `weightedSum`. */
  readonly reducer?: Reducer
  readonly device?: Device
}

/** One update as a function of values: (state, batch) → (state', metrics). */
export interface TrainStep<Batch> {
  readonly layout: ParameterLayout
  readonly initial: TrainingState
  readonly step: (state: TrainingState, batch: Batch) => Promise<{ readonly state: TrainingState; readonly metrics: Metrics }>
  /** The policy's parameters in a state. */
  readonly trainable: (state: TrainingState) => HostTensors
}

const POLICY = 'policy:'
const TASK = 'task:'

const prefixed = (prefix: string, named: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [prefix + name, value]))

const underPrefix = <A>(prefix: string, named: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(named).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])))

/** Learning rate of every number: the task's own parameters may learn faster. The layout puts the policy's first. */
const rates = (layout: ParameterLayout, rate: tf.Tensor, scale: number): tf.Tensor => {
  const own = layout.entries.find(({ name }) => name.startsWith(TASK))
  return own === undefined || scale === 1
    ? rate
    : tf.mul(rate, tf.concat1d([tf.ones([own.offset]) as tf.Tensor1D, tf.fill([layout.size - own.offset], scale) as tf.Tensor1D]))
}

const clipped = (gradient: tf.Tensor1D, norm: tf.Tensor, limit: number | undefined): tf.Tensor1D =>
  limit === undefined ? gradient : tf.mul(gradient, tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6))))

/**
 * Compiles forward, loss, backward and update of a task into one graph: only the trainable state and a few numbers
 * come out of it.
 */
export const trainStep = <Batch>(policy: Policy, options: TrainStepOptions<Batch>): TrainStep<Batch> => {
  const { task, optimizer = adamw(), learningRate, clipNorm, reducer = weightedSum, device = 'cpu' } = options
  const initialParameters = { ...prefixed(POLICY, policy.trainable), ...prefixed(TASK, task.parameters) }
  const layout = parameterLayout(initialParameters)
  if (layout.size === 0) throw nothingToTrain(policy.name)
  const names = layout.entries.map(({ name }) => name)

  const run = jitPerShape(
    (
      { parameters, moments, batch, numbers }: {
        parameters: tf.Tensor
        moments: Readonly<Record<string, tf.Tensor>>
        batch: Readonly<Record<string, tf.Tensor>>
        numbers: Readonly<Record<string, tf.Tensor>>
      },
      constants: Tensors,
    ) => {
      const vector = parameters as tf.Tensor1D
      const named = sliceParameters(layout, vector)
      let seen: Readonly<Record<string, tf.Tensor>> = {}
      const loss = (...leaves: tf.Tensor[]): tf.Scalar => {
        const given = Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))
        const terms = task.loss({ policy, constants, batch, trainable: underPrefix(POLICY, given), parameters: underPrefix(TASK, given) })
        // Metrics are outputs: they must outlive the scope that tf.grads cleans up.
        seen = Object.fromEntries(Object.entries(terms.metrics).map(([name, value]) => [name, tf.keep(tf.clone(value))]))
        return reducer(terms, batch['weight'] as tf.Tensor1D).loss
      }
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => named[name]!))
      const gradient = concatParameters(layout, Object.fromEntries(names.map((name, i) => [name, grads[i]!])))
      const norm = tf.sqrt(tf.sum(tf.square(gradient)))
      const updated = optimizer.update({
        parameters: vector,
        gradients: clipped(gradient, norm, clipNorm),
        moments: moments as Readonly<Record<string, tf.Tensor1D>>,
        rate: rates(layout, numbers['rate']!, task.rateScale),
        coefficients: numbers,
      })
      return { ...updated, loss: value as tf.Tensor, norm: norm as tf.Tensor, metrics: seen }
    },
    { device, constants: policy.constants, limit: 64 },
  )

  const step: TrainStep<Batch>['step'] = async (state, batch) => {
    const rate = learningRate(state.step)
    const numbers = Object.entries({ rate, ...optimizer.coefficients(state.step) }).map(([name, n]) => [name, hostScalar(n)] as const)
    const out = await run({
      parameters: hostTensor(state.parameters),
      moments: Object.fromEntries(Object.entries(state.moments).map(([name, m]) => [name, hostTensor(m)])),
      batch: task.pack(batch) as HostTensors,
      numbers: Object.fromEntries(numbers),
    })
    const scalar = (t: { readonly data: ArrayLike<number> }): number => t.data[0]!
    const metrics: Record<string, number> = { loss: scalar(out.loss), grad_norm: scalar(out.norm), learning_rate: rate }
    for (const [name, value] of Object.entries(out.metrics ?? {})) metrics[`objective/${name}`] = scalar(value)
    if (!Number.isFinite(metrics['loss']) || !Number.isFinite(metrics['grad_norm']))
      throw fault('LossNotFinite', `step ${state.step}: the loss is ${metrics['loss']}, its gradient's norm ${metrics['grad_norm']}`,
        'Lower the learning rate or clip the gradient, and resume from the last checkpoint.', { step: state.step, metrics })
    const moments = Object.fromEntries(Object.entries(out.moments ?? {}).map(([name, m]) => [name, m.data as Float32Array]))
    return { metrics, state: { step: state.step + 1, parameters: out.parameters.data as Float32Array, moments } }
  }

  return {
    layout,
    step,
    initial: {
      step: 0,
      parameters: joinParameters(layout, initialParameters),
      moments: Object.fromEntries(optimizer.moments.map((name) => [name, new Float32Array(layout.size)])),
    },
    trainable: (state) => underPrefix(POLICY, splitParameters(layout, state.parameters)),
  }
}
