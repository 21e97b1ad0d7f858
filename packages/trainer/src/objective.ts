import type { HostTensors } from '@gfnlm/jit'
import type { Reducer } from '@gfnlm/losses'
import type { Policy, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { type ParameterLayout, concatParameters, sliceParameters } from './parameter-vector.ts'
import { prefixed, underPrefix } from './prefixed.ts'
import type { Task } from './tasks/task.ts'

const POLICY = 'policy:'
const TASK = 'task:'

/** Everything that is learned, by names that tell the policy's from the task's own; the policy's come first. */
export const learnedParameters = (policy: Policy, task: Pick<Task<never>, 'parameters'>): HostTensors => ({
  ...prefixed(POLICY, policy.trainable),
  ...prefixed(TASK, task.parameters),
})

/** Everything that is frozen, the task's own by names that tell them from the policy's. */
export const frozenArrays = (policy: Policy, { frozen }: Pick<Task<never>, 'frozen'>): HostTensors =>
  frozen === undefined ? policy.constants : { ...policy.constants, ...prefixed(TASK, frozen) }

/** The policy's among learned parameters. */
export const ofPolicy = <A>(named: Readonly<Record<string, A>>): Record<string, A> => underPrefix(POLICY, named)

/** The task's own among learned parameters, or among frozen arrays. */
export const ofTask = <A>(named: Readonly<Record<string, A>>): Record<string, A> => underPrefix(TASK, named)

/** [size] what multiplies the learning rate of every number: the task's own may learn faster. */
export const rateScales = ({ entries, size }: ParameterLayout, scale: number): tf.Tensor1D | undefined => {
  const own = entries.find(({ name }) => name.startsWith(TASK))
  if (own === undefined || scale === 1) return undefined
  return tf.concat1d([tf.ones<tf.Rank.R1>([own.offset]), tf.fill<tf.Rank.R1>([size - own.offset], scale)])
}

/** What a batch says of the parameters. */
export interface Learned {
  readonly loss: tf.Scalar
  /** What the loss counts for beside those of other batches. */
  readonly mass: tf.Scalar
  /** What the metrics count for: the same, whatever the row weights. */
  readonly metricsMass: tf.Scalar
  /** [size] */
  readonly gradient: tf.Tensor1D
  readonly metrics: Tensors
}

/** Forward, loss and backward of a task, inside a compiled function. */
export const objective =
  <Batch>(policy: Policy, task: Task<Batch>, layout: ParameterLayout, reducer: Reducer) =>
  (vector: tf.Tensor1D, batch: Tensors, constants: Tensors): Learned => {
    const names = layout.entries.map(({ name }) => name)
    const named = sliceParameters(layout, vector)
    let seen: Omit<Learned, 'loss' | 'gradient'> | undefined
    const loss = (...leaves: tf.Tensor[]): tf.Scalar => {
      const given = Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))
      const [trainable, parameters] = [ofPolicy(given), ofTask(given)]
      const terms = task.loss({ policy, constants, batch, trainable, parameters, frozen: ofTask(constants) })
      const reduced = reducer(terms, batch['weight'] as tf.Tensor1D)
      // These are outputs: they must outlive the scope that tf.grads cleans up.
      const kept = <T extends tf.Tensor>(x: T): T => tf.keep(tf.clone(x))
      const metrics = Object.entries(terms.metrics).map(([name, value]) => [name, kept(value)])
      seen = { mass: kept(reduced.mass), metricsMass: kept(terms.mass), metrics: Object.fromEntries(metrics) }
      return reduced.loss
    }
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => named[name]!))
    const gradient = concatParameters(layout, Object.fromEntries(names.map((name, i) => [name, grads[i]!])))
    return { loss: value as tf.Scalar, gradient, ...seen! }
  }
