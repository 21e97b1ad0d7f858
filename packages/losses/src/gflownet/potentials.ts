import * as tf from '@tensorflow/tfjs-core'
import { type Extent, type TrajectoryInputs, range, only } from './trajectory-inputs.ts'
import type { TerminationValues } from './termination-values.ts'

/**
 * The one idea behind every balance loss here. On a token tree log P_B = 0, so the residual of the sub-trajectory
 * from node i to node j,
 *
 *   log F(s_i) + Σ_{i≤t<j} log P_F(z_{t+1} | s_t) − log F(s_j),
 *
 * is a difference φ_i − φ_j of potentials φ_t = log F(s_t) − Σ_{u<t} log P_F(z_{u+1} | s_u). What a loss calls
 * F(s_t), and which pairs it looks at, is all that tells the losses apart. At balance φ is constant, log Z.
 */
export interface Potentials {
  /** [rows, nodes] φ along each trajectory; finite, and meaningless past its last node. */
  readonly phi: tf.Tensor2D
  /** [rows] index of each trajectory's last node, so the number of its transitions; < 1 where it has none. */
  readonly transitions: tf.Tensor1D
}

/** [rows, states] Σ_{u<t} log P_F(z_{u+1} | s_u); constant past the last state. */
export const prefixLogPF = (batch: TrajectoryInputs, { taken }: Extent): tf.Tensor2D =>
  tf.cumsum(only(taken, batch.logPF), 1, true)

/** [rows, states] the states of a batch that may stop, bool. */
export const statesThatMayStop = ({ states, exists }: Extent, minLength: number): tf.Tensor2D =>
  minLength === 0 ? exists : tf.logicalAnd(exists, tf.greaterEqual(range(states), minLength))

/**
 * φ of the states themselves where all may stop: log F(s_t) = log R(s_t ⊤) − log P_F(⊤ | s_t).
 *
 * With minLength m > 0 the states before s_m may not stop and have no such flow. They are left out, all but the
 * root, whose flow is log Z: the first m tokens act as one macro-action, and nothing pushes a logit to −99.
 *
 * @param logZ [rows], given iff minLength > 0
 */
export const modifiedPotentials = (
  batch: TrajectoryInputs,
  extent: Extent,
  minLength: number,
  logZ?: tf.Tensor1D,
): Potentials => {
  const { rows, states, length } = extent
  const stops = statesThatMayStop(extent, minLength)
  const logF = tf.sub<tf.Tensor2D>(only(stops, batch.logReward), only(stops, batch.logPTerm))
  const phi = tf.sub<tf.Tensor2D>(logF, prefixLogPF(batch, extent))
  if (logZ === undefined) return { phi, transitions: length }
  const stopping = tf.slice2d(phi, [0, minLength], [rows, states - minLength])
  return {
    phi: tf.concat([tf.expandDims<tf.Tensor2D>(logZ, 1), stopping], 1),
    transitions: tf.sub(length, minLength - 1),
  }
}

export const EXITS = ['leftOut', 'counted'] as const

/**
 * Whether the terminating transition, from a state that may stop into the end, is one of the transitions. Its residual
 * is 0 by definition of F.
 *
 * | name | sub-trajectories of l tokens | who |
 * |---|---|---|
 * | `leftOut` | l (l + 1) / 2 | gfn-lm-tuning's next sentences and notebooks (`cumsum >= 1`), torchgfn's ModifiedDB |
 * | `counted` | (l + 1) (l + 2) / 2, l below the maximum | gfn-lm-tuning's arithmetic and infilling (`cumsum > 1`) |
 *
 * `counted` adds zeros, and counts what ends in the last state twice.
 */
export type Exit = (typeof EXITS)[number]

/** The potentials with a copy of the last node behind it, wherever a completion ended before the last column. */
export const withExit = ({ phi, transitions }: Potentials): Potentials => {
  const nodes = phi.shape[1]
  const t = range(nodes)
  const last = tf.equal<tf.Tensor2D>(t, tf.expandDims(transitions, 1))
  const end = tf.sum(only(last, phi), 1, true)
  const more = tf.cast(tf.logicalAnd(tf.greaterEqual(transitions, 0), tf.less(transitions, nodes - 1)), 'float32')
  return {
    phi: tf.where(tf.greater(t, tf.expandDims(transitions, 1)), tf.mul(end, tf.onesLike(phi)), phi),
    transitions: tf.add(transitions, more),
  }
}

/**
 * φ of the states under a learned flow, and then φ of the end: [rows, states + 1]. The end is a node of its own,
 * one transition (the terminator) after the last state, with log F = log R.
 *
 * @param logF [rows, states] learned log F(s_t), nats
 */
export const learnedPotentials = (
  batch: TrajectoryInputs,
  extent: Extent,
  logF: tf.Tensor2D,
  whole: TerminationValues,
): Potentials => {
  const { rows, states, exists, length } = extent
  const inner = only(exists, tf.sub<tf.Tensor2D>(only(exists, logF), prefixLogPF(batch, extent)))
  const transitions = tf.add<tf.Tensor1D>(length, 1)
  const isEnd = tf.equal<tf.Tensor2D>(range(states + 1), tf.expandDims(transitions, 1))
  const end = tf.expandDims<tf.Tensor2D>(endPotential(whole), 1)
  return {
    phi: tf.where<tf.Tensor2D>(isEnd, tf.tile(end, [1, states + 1]), tf.concat2d([inner, tf.zeros([rows, 1])], 1)),
    transitions,
  }
}

/** [rows] φ of the end, log R − log P_F(τ): what a trajectory alone says log Z is. */
export const endPotential = ({ logReward, logPF }: TerminationValues): tf.Tensor1D => tf.sub(logReward, logPF)
