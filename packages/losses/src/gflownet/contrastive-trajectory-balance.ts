import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { orOne } from '../terms.ts'
import type { Terms } from '../terms.ts'
import { membership } from './group-mean.ts'
import type { GroupedTrajectoryInputs } from './log-z.ts'
import { trajectoryMetrics } from './metrics.ts'
import { endPotential } from './potentials.ts'
import { readTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { terminationOf } from './termination-values.ts'

export interface ContrastiveTrajectoryBalanceInputs extends GroupedTrajectoryInputs {
  /** [rows, rows] 0 where a pair is left out (a noisy one), symmetric. Default all pairs of a prompt. */
  readonly pairs?: tf.Tensor2D
}

/** Of a pair both ends see the same term, and each takes its own gradient, both halves of it. */
const ownSide = (term: tf.Tensor2D): tf.Tensor2D => tf.sub(tf.mul(2, term), detach(term))

/**
 * Contrastive trajectory balance: two completions of a prompt must differ in log P_F as they differ in log R, so that
 * no log Z is needed.
 *
 *   c = log R(x) − log P_F(τ),   residual(i, j) = c_j − c_i,   loss = mean over the pairs i < j of a prompt
 *
 * Over all pairs of N rows of one prompt this is 2N / (N − 1) times `logPartitionVariance`. The mean is over the pairs
 * of the batch, so a prompt of many rows weighs more. At [i, j] stands what row i has of a pair: row weights take a
 * row's part of the gradient out, and the others of its pairs stay. g(c) and g(−c) are averaged where g is lopsided.
 * The mates of a row that is ruled out have 0 of their pairs with it.
 *
 * @param options.regression what a residual costs, default `squared`
 * @returns terms [rows, rows], nats². Metrics: those of `trajectoryMetrics`
 * @throws RangeError for a wrong shape
 * @see Silva et al. 2024, "Embarrassingly parallel GFlowNets", arXiv:2406.03288; Stable-GFN 2026, arXiv:2605.00553
 * @example reduce(contrastiveTrajectoryBalance()({ ...batch, group }), weight)
 */
export const contrastiveTrajectoryBalance = (
  options: { readonly regression?: Regression } = {},
): ((batch: ContrastiveTrajectoryBalanceInputs) => Terms) => {
  const { regression } = optionsOf('contrastiveTrajectoryBalance', options, { regression: squared })
  return (given) => {
    const name = 'contrastiveTrajectoryBalance'
    const { batch, extent } = readTrajectories(name, given)
    const { rows, kept, told } = extent
    if (batch.pairs !== undefined) checkShape(name, 'pairs', batch.pairs, { rows, others: rows })
    const whole = terminationOf(batch, extent)
    const end = endPotential(whole)
    const together = tf.logicalAnd(membership(batch.group, kept), tf.transpose(membership(batch.group, kept)))
    const wanted = batch.pairs === undefined ? together : tf.logicalAnd(together, tf.greater(batch.pairs, 0))
    const pairs = tf.logicalAnd<tf.Tensor2D>(wanted, tf.logicalNot(tf.cast(tf.eye(rows), 'bool')))

    const apart = tf.sub<tf.Tensor2D>(detach(tf.expandDims(end, 0)), tf.expandDims(end, 1))
    const none = tf.zeros<tf.Rank.R2>([rows, rows])
    // What tells something is not compared with what was ruled out, which is a constant anyway.
    const ruledOut = tf.greater(tf.sub(tf.expandDims(told, 1), tf.expandDims(told, 0)), 0)
    const residual = tf.where(tf.logicalAnd(pairs, tf.logicalNot(ruledOut)), apart, none)
    const both = tf.mul<tf.Tensor2D>(0.5, tf.add(regression(residual), regression(tf.neg(residual))))
    const counted = tf.cast(pairs, 'float32')
    const ordered = tf.sum<tf.Scalar>(counted)
    const share = tf.div<tf.Tensor2D>(counted, orOne(ordered))
    return {
      terms: ownSide(both),
      share,
      mass: tf.mul(0.5, ordered),
      metrics: trajectoryMetrics({ residual, share }, whole, extent, batch.group),
    }
  }
}
