import { type Fault, checkCount, fault } from '@gfnlm/env'
import {
  type AsHost,
  type Device,
  type HostTensors,
  type HostTree,
  hostScalar,
  hostTensor,
  isHostTensor,
  jitPerShape,
  sizeOf,
} from '@gfnlm/jit'
import { type Reducer, weightedSum } from '@gfnlm/losses'
import { type Policy, type Tensors, inVocabulary } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { Metrics } from './events.ts'
import { loggedName } from './logged-name.ts'
import { type Said, combined } from './micro-batches.ts'
import { frozenArrays, learnedParameters, objective, ofPolicy, ofTask, rateScales } from './objective.ts'
import { adamw } from './optimizer/adamw.ts'
import type { Optimizer } from './optimizer/optimizer.ts'
import { type ParameterLayout, joinParameters, parameterLayout, splitParameters } from './parameter-vector.ts'
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
  /**
   * Largest number of micro-batches that a batch is taken in, one after another, for one update: as much less memory.
   * Their gradients add up by `mass`, so that the update is the whole batch's to rounding. Default 1.
   */
  readonly accumulate?: number
  readonly device?: Device
}

/** What came of an update. */
export interface Stepped {
  readonly state: TrainingState
  readonly metrics: Metrics
}

/** One update as a function of values: (state, batch) → (state', metrics). */
export interface TrainStep<Batch> {
  readonly layout: ParameterLayout
  readonly initial: TrainingState
  /**
   * @param spent a state that nobody holds any more: the new one may be written over it
   */
  readonly step: (state: TrainingState, batch: Batch, spent?: TrainingState) => Promise<Stepped>
  /** The policy's parameters in a state. */
  readonly trainable: (state: TrainingState) => HostTensors
  /** The task's own in a state: a head's, log Z. */
  readonly own: (state: TrainingState) => HostTensors
}

const clipped = (gradient: tf.Tensor1D, norm: tf.Tensor, limit: number): tf.Tensor1D =>
  limit === Infinity ? gradient : tf.mul(gradient, tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6))))

/** What an update needs besides a gradient. */
interface Updated {
  readonly parameters: tf.Tensor
  readonly moments: Readonly<Record<string, tf.Tensor>>
  /** The learning rate and the optimizer's coefficients. */
  readonly numbers: Readonly<Record<string, tf.Tensor>>
}

/** What a micro-batch's gradient is added to. */
interface Adding {
  readonly parameters: tf.Tensor
  readonly sum: tf.Tensor
  readonly batch: Tensors
}

/** What an update needs, outside of compiled functions. */
type HostState = AsHost<Updated>

const arrays = (named: Readonly<Record<string, Float32Array>>): HostTensors =>
  Object.fromEntries(Object.entries(named).map(([name, x]) => [name, hostTensor(x)]))

const arraysOf = ({ parameters, moments }: TrainingState): Pick<HostState, 'parameters' | 'moments'> => ({
  parameters: hostTensor(parameters),
  moments: arrays(moments),
})

const scalar = ({ data }: { readonly data: ArrayLike<number> }): number => data[0]!

const scalars = (named: Readonly<Record<string, { readonly data: ArrayLike<number> }>> = {}): Metrics =>
  Object.fromEntries(Object.entries(named).map(([name, x]) => [name, scalar(x)]))

const checkOptions = <Batch>({ task, accumulate = 1, clipNorm = Infinity }: TrainStepOptions<Batch>): void => {
  if (!(clipNorm > 0)) throw new RangeError(`trainStep: clipNorm must be above 0, found ${clipNorm}`)
  checkCount('trainStep', 'accumulate', accumulate)
  if (accumulate > 1 && task.packParts === undefined)
    throw fault(
      'NotSplit',
      `the task ${task.name} does not say how its batches are taken in parts, so gradients cannot be accumulated`,
      'Give the task `packParts`, or leave `accumulate` at 1.',
    )
}

/** Whether an array of a packed batch has no element: no row. */
const holdsNothing = (tree: HostTree): boolean =>
  isHostTensor(tree) ? sizeOf(tree.shape) === 0 : Object.values(tree).some((part) => holdsNothing(part as HostTree))

const nothingInBatch = (step: number): Fault<'BatchEmpty'> =>
  fault('BatchEmpty', `step ${step}: there is nothing in the batch to learn from`, 'Leave the batch out.', { step })

const rateInvalid = (step: number, rate: number): Fault<'LearningRateInvalid'> =>
  fault(
    'LearningRateInvalid',
    `step ${step}: the learning rate is ${rate}`,
    'Give a schedule that is a finite number from 0 at every step.',
    { step },
  )

/**
 * Compiles forward, loss, backward and update of a task into one graph: only the trainable state and a few numbers
 * come out of it. With `accumulate` there are two: one adds a micro-batch's gradient to those before, one updates.
 *
 * @throws RangeError for a `clipNorm` that is not above 0, or an `accumulate` that is no whole number from 1
 */
export const trainStep = <Batch>(policy: Policy, options: TrainStepOptions<Batch>): TrainStep<Batch> => {
  const {
    task,
    optimizer = adamw(),
    learningRate,
    clipNorm = Infinity,
    reducer = weightedSum,
    device = 'cpu',
  } = options
  const { accumulate = 1 } = options
  const initialParameters = learnedParameters(policy, task)
  const layout = parameterLayout(initialParameters)
  if (layout.size === 0) throw nothingToTrain(policy.name)
  checkOptions(options)
  const learn = objective(policy, task, layout, reducer)
  const compiled = { device, constants: frozenArrays(policy, task), limit: 64 }

  const update = (gradient: tf.Tensor1D, { parameters, moments, numbers }: Updated) => {
    const norm: tf.Tensor = tf.sqrt(tf.sum(tf.square(gradient)))
    const scales = rateScales(layout, task.rateScale)
    const updated = optimizer.update({
      parameters: parameters as tf.Tensor1D,
      gradients: clipped(gradient, norm, clipNorm),
      moments: moments as Readonly<Record<string, tf.Tensor1D>>,
      rate: scales === undefined ? numbers['rate']! : tf.mul(numbers['rate']!, scales),
      coefficients: numbers,
    })
    return { ...updated, norm }
  }

  const atOnce = jitPerShape(({ batch, ...state }: Updated & { readonly batch: Tensors }, constants: Tensors) => {
    const { loss, gradient, metrics } = learn(state.parameters as tf.Tensor1D, batch, constants)
    return { ...update(gradient, state), loss: loss as tf.Tensor, metrics }
  }, compiled)

  const addGradient = jitPerShape((given: Adding, constants: Tensors) => {
    const learned = learn(given.parameters as tf.Tensor1D, given.batch, constants)
    const { gradient, metrics, loss, mass, metricsMass } = learned
    const sum = tf.add(given.sum, tf.mul(mass, gradient))
    const numbers: Readonly<Record<keyof Omit<Said, 'metrics'>, tf.Tensor>> = { loss, mass, metricsMass }
    return { sum, metrics, numbers }
  }, compiled)

  const updateBy = jitPerShape(
    ({ sum, mass, ...state }: Updated & { readonly sum: tf.Tensor; readonly mass: tf.Tensor }) =>
      update(tf.divNoNan(sum, mass) as tf.Tensor1D, state),
    { device },
  )

  const inParts = async (parts: readonly HostTree[], state: HostState, spent: HostTree) => {
    let sum = hostTensor(new Float32Array(layout.size))
    const said: Said[] = []
    for (const part of parts) {
      const out = await addGradient({ parameters: state.parameters, sum, batch: part as HostTensors })
      sum = out.sum
      const { loss, mass, metricsMass } = out.numbers
      said.push({
        loss: scalar(loss),
        mass: scalar(mass),
        metricsMass: scalar(metricsMass),
        metrics: scalars(out.metrics),
      })
    }
    const { loss, mass, metrics } = combined(said)
    return { ...(await updateBy.over({ ...state, sum, mass: hostScalar(mass) }, spent)), loss, metrics }
  }

  const whole = async (batch: HostTree, state: HostState, spent: HostTree) => {
    const out = await atOnce.over({ ...state, batch: batch as HostTensors }, spent)
    return { ...out, loss: scalar(out.loss), metrics: scalars(out.metrics) }
  }

  const step: TrainStep<Batch>['step'] = async (state, batch, spent) => {
    const rate = learningRate(state.step)
    if (!(rate >= 0 && rate < Infinity)) throw rateInvalid(state.step, rate)
    const numbers = Object.entries({ rate, ...optimizer.coefficients(state.step) })
    const given = {
      ...arraysOf(state),
      numbers: Object.fromEntries(numbers.map(([name, n]) => [name, hostScalar(n)])),
    }
    const packed = accumulate === 1 ? [task.pack(batch)] : (task.packParts?.(batch, accumulate) ?? [])
    if (packed.length === 0 || packed.some(holdsNothing)) throw nothingInBatch(state.step)
    const parts = packed.map((part) => inVocabulary(policy, part))
    const places: HostTree = spent === undefined ? {} : arraysOf(spent)
    const out = await (parts.length === 1 ? whole(parts[0]!, given, places) : inParts(parts, given, places))
    const metrics: Record<string, number> = { loss: out.loss, grad_norm: scalar(out.norm), learning_rate: rate }
    for (const [name, value] of Object.entries(out.metrics)) metrics[loggedName(name)] = value
    if (!Number.isFinite(metrics['loss']) || !Number.isFinite(metrics['grad_norm']))
      throw fault(
        'LossNotFinite',
        `step ${state.step}: the loss is ${metrics['loss']}, its gradient's norm ${metrics['grad_norm']}`,
        'Lower the learning rate or clip the gradient, and resume from the last checkpoint.',
        { step: state.step, metrics },
      )
    const moments = Object.entries(out.moments ?? {}).map(([name, m]) => [name, m.data as Float32Array])
    const parameters = out.parameters.data as Float32Array
    return { metrics, state: { step: state.step + 1, parameters, moments: Object.fromEntries(moments) } }
  }

  return {
    layout,
    step,
    initial: {
      step: 0,
      parameters: joinParameters(layout, initialParameters),
      moments: Object.fromEntries(optimizer.moments.map((name) => [name, new Float32Array(layout.size)])),
    },
    trainable: (state) => ofPolicy(splitParameters(layout, state.parameters)),
    own: (state) => ofTask(splitParameters(layout, state.parameters)),
  }
}
