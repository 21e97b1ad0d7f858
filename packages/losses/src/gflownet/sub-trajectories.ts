import * as tf from '@tensorflow/tfjs-core'
import { orOne } from '../terms.ts'
import type { Potentials } from './potentials.ts'
import type { Regression } from './regression.ts'
import { type LengthWeights, shareByLength } from './weighting.ts'
import { range } from './trajectory-inputs.ts'

/** Residuals of a loss with their terms and shares, all of one shape; 0 where there is no sub-trajectory. */
export interface Residuals {
  readonly residual: tf.Tensor
  readonly terms: tf.Tensor
  readonly share: tf.Tensor
  readonly mass: tf.Scalar
}

/** [nodes · nodes] int32 column n − 1 of a share table for each pair (i, j) of nodes, n = j − i (0 where i ≥ j). */
const distances = (nodes: number): tf.Tensor1D =>
  tf.tensor1d(
    Int32Array.from({ length: nodes * nodes }, (_, k) => Math.max(0, (k % nodes) - Math.floor(k / nodes) - 1)),
    'int32',
  )

/** [1, nodes, nodes] 1 where i < j */
const forward = (nodes: number): tf.Tensor3D =>
  tf.tensor3d(
    Float32Array.from({ length: nodes * nodes }, (_, k) => (k % nodes > Math.floor(k / nodes) ? 1 : 0)),
    [1, nodes, nodes],
  )

/** a − b where the mask holds, else 0. */
export const apart = <T extends tf.Tensor>(mask: tf.Tensor, a: tf.Tensor, b: tf.Tensor): T => {
  const difference = tf.sub(a, b)
  return tf.where(mask, difference, tf.zerosLike(difference)) as T
}

/** Every sub-trajectory: residual φ_i − φ_j at [row, i, j], i < j. */
export const allPairs = ({ phi, transitions }: Potentials, weights: LengthWeights, g: Regression): Residuals => {
  const nodes = phi.shape[1]
  const reached = tf.cast(tf.lessEqual(range(nodes), tf.expandDims(transitions, 1)), 'float32')
  const mask = tf.mul<tf.Tensor3D>(forward(nodes), tf.expandDims(reached, 1))
  const residual = apart<tf.Tensor3D>(tf.greater(mask, 0), tf.expandDims(phi, 2), tf.expandDims(phi, 1))
  const { share, mass } = shareByLength(transitions, nodes - 1, weights)
  const byPair = tf.reshape(tf.gather(share, distances(nodes), 1), [-1, nodes, nodes])
  return { residual, terms: g(residual), share: tf.mul(mask, byPair), mass }
}

/** Single transitions only: residual φ_t − φ_{t+1} at [row, t]. */
export const adjacentPairs = (
  { phi, transitions }: Potentials,
  normalisation: 'pooled' | 'within',
  g: Regression,
): Residuals => {
  const [rows, nodes] = phi.shape
  const mask = tf.less(range(nodes - 1), tf.expandDims(transitions, 1))
  const from = (column: number): tf.Tensor2D => tf.slice2d(phi, [0, column], [rows, nodes - 1])
  const residual = apart<tf.Tensor2D>(mask, from(0), from(1))
  const { share, mass } = shareByLength(transitions, nodes - 1, { normalisation, lambda: 0 })
  const first = tf.slice2d(share, [0, 0], [share.shape[0], 1])
  return { residual, terms: g(residual), share: tf.mul(tf.cast(mask, 'float32'), first), mass }
}

/** Whole trajectories: residual log Z − φ_end at [row]; the kept rows share alike. */
export const wholeTrajectories = (logZ: tf.Tensor1D, end: tf.Tensor1D, kept: tf.Tensor1D, g: Regression): Residuals => {
  const residual = apart<tf.Tensor1D>(tf.greater(kept, 0), logZ, end)
  const mass = tf.sum<tf.Scalar>(kept)
  return { residual, terms: g(residual), share: tf.div(kept, orOne(mass)), mass }
}
