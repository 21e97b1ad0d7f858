import * as tf from '@tensorflow/tfjs-core'
import { MOST_MASS, orOne } from '../terms.ts'
import { checkName } from './check-name.ts'
import { range } from './trajectory-inputs.ts'

const NORMALISATIONS = ['pooled', 'within', 'geometric'] as const

/** Over what the weights λ^{n−1} of sub-trajectories of n transitions are normalised. */
export type Normalisation = (typeof NORMALISATIONS)[number]

/**
 * How the sub-trajectories of a batch share its loss. m counts the sub-trajectories of a batch, n their
 * transitions, N the number of trajectories that have any, l the transitions of a trajectory.
 *
 * | name | share of one sub-trajectory | elsewhere |
 * |---|---|---|
 * | `pooled` | λ^{n−1} / Σ_batch λ^{n−1} | gfn-lm-tuning; long trajectories weigh ~ l² |
 * | `within` | λ^{n−1} / Σ_trajectory λ^{n−1} / N | torchgfn `geometric_within`; the SubTB paper |
 * | `geometric` | λ^{n−1} / Σ_{k ≤ max l} λ^{k−1} / number of length n | torchgfn `geometric`, and its limit at λ = 1 |
 * | `equal` | 1 / m | torchgfn `equal`; `pooled` at λ = 1 |
 * | `equalWithin` | 1 / (l (l + 1) / 2) / N | torchgfn `equal_within`; `within` at λ = 1 |
 * | `detailedBalance` | 1 / Σ l for n = 1 | torchgfn `DB`; `pooled` at λ = 0 |
 * | `modifiedDetailedBalance` | 1 / (l N) for n = 1 | torchgfn `ModifiedDB`; `within` at λ = 0 |
 * | `trajectoryBalance` | 1 / N for n = l | torchgfn `TB`; `within` at λ = ∞ |
 */
export type Weighting =
  Normalisation | 'equal' | 'equalWithin' | 'detailedBalance' | 'modifiedDetailedBalance' | 'trajectoryBalance'

export interface LengthWeights {
  readonly normalisation: Normalisation
  /** 0 ≤ λ ≤ ∞ */
  readonly lambda: number
}

const FIXED: Partial<Record<Weighting, LengthWeights>> = {
  equal: { normalisation: 'pooled', lambda: 1 },
  equalWithin: { normalisation: 'within', lambda: 1 },
  detailedBalance: { normalisation: 'pooled', lambda: 0 },
  modifiedDetailedBalance: { normalisation: 'within', lambda: 0 },
  trajectoryBalance: { normalisation: 'within', lambda: Infinity },
}

/** A weighting by name and λ as normalisation and λ; throws a RangeError for a λ below 0 and a name that is none. */
export const lengthWeights = (caller: string, weighting: Weighting, lambda: number): LengthWeights => {
  if (!(lambda >= 0)) throw new RangeError(`${caller}: lambda must be at least 0, found ${lambda}`)
  const names: readonly string[] = [...NORMALISATIONS, ...Object.keys(FIXED)]
  checkName(caller, 'weighting', weighting, names)
  return FIXED[weighting] ?? { normalisation: weighting as Normalisation, lambda }
}

/**
 * [most + 1, most] row l, column n − 1: λ^{n−1} scaled by the greatest of n = 1..l, 0 for n > l. Made in float64,
 * so that any λ leaves fp32 weights between 0 and 1 of which the greatest is 1: λ = 1e6 cannot overflow.
 */
const weightTable = (lambda: number, most: number): tf.Tensor2D => {
  const table = new Float32Array((most + 1) * most)
  for (let l = 1; l <= most; l++)
    for (let n = 1; n <= l; n++) table[l * most + n - 1] = Math.pow(lambda, lambda > 1 ? n - l : n - 1)
  return tf.tensor2d(table, [most + 1, most])
}

/** What each length of sub-trajectory has of a batch's loss. */
export interface ShareByLength {
  /** [rows, longest], or [1, longest] where all rows have the same. */
  readonly share: tf.Tensor2D
  /** What the batch counts for beside others: see `Terms`. */
  readonly mass: tf.Scalar
}

/**
 * Share of the batch's loss that one sub-trajectory of n transitions has, for n = 1..longest in column n − 1.
 *
 * `geometric` averages each length over the batch, so that batches cannot be put together from theirs: its mass, the
 * number of trajectories, is exact only where all batches have the same lengths.
 *
 * The mass of `pooled` grows as λ^l and stops at 1e24: batches past it (λ = 2, 80 transitions) count alike.
 *
 * @param transitions [rows] transitions of each trajectory, none where < 1
 */
export const shareByLength = (
  transitions: tf.Tensor1D,
  longest: number,
  { normalisation, lambda }: LengthWeights,
): ShareByLength => {
  const l = tf.relu(transitions)
  const of = normalisation === 'within' ? l : tf.max<tf.Tensor1D>(l, 0, true)
  const weight = tf.gather(weightTable(lambda, longest), tf.cast(of, 'int32'))
  const count = tf.relu<tf.Tensor2D>(tf.sub(tf.expandDims(l, 1), range(longest)))
  const rows = tf.sum<tf.Scalar>(tf.cast(tf.greater(l, 0), 'float32'))
  if (normalisation === 'pooled') {
    const total = tf.sum<tf.Scalar>(tf.mul(weight, count))
    // Above λ = 1 the table is scaled by the batch's longest: the mass must not be.
    const scale = lambda > 1 ? tf.pow(lambda, tf.relu(tf.sub(tf.max(l), 1))) : tf.scalar(1)
    return { share: tf.div(weight, orOne(total)), mass: tf.minimum(tf.mul(total, scale), MOST_MASS) }
  }
  if (normalisation === 'geometric')
    return { share: tf.div(tf.div(weight, orOne(tf.sum(weight))), orOne(tf.sum(count, 0, true))), mass: rows }
  const share = tf.div<tf.Tensor2D>(tf.div(weight, orOne(tf.sum(tf.mul(weight, count), 1, true))), orOne(rows))
  return { share, mass: rows }
}
