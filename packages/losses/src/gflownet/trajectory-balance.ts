import type * as tf from '@tensorflow/tfjs-core'
import type { Terms } from '../terms.ts'
import { type LogZ, logZByRow } from './log-z.ts'
import { keptMean, trajectoryMetrics } from './metrics.ts'
import { endPotential } from './potentials.ts'
import { type Regression, squared } from './regression.ts'
import { wholeTrajectories } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'
import { type TrajectoryInputs, extentOf } from './trajectory-inputs.ts'

export interface TrajectoryBalanceInputs extends TrajectoryInputs {
  /** [] or [rows] learned log-partition of the rows' prompts, nats. It trains like any parameter. */
  readonly logZ: LogZ
}

/**
 * Trajectory balance: how far the flow a policy sends down a trajectory is from what its end is worth.
 *
 *   residual = log Z + Σ_{t<l} log P_F(z_{t+1} | s_t) + log P_F(⊤ | s_l) − log R(s_l ⊤)
 *
 * On a token tree every state has one parent: log P_B = 0. The loss is the mean over the kept rows.
 *
 * @param batch  see TrajectoryInputs; logReward and logPTerm are read at column `length` only
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics`, and logZ, its mean over the kept rows
 * @throws RangeError for a wrong shape
 * @see Malkin et al. 2022, arXiv:2201.13259
 */
export const trajectoryBalance =
  ({ regression = squared }: { readonly regression?: Regression } = {}): ((batch: TrajectoryBalanceInputs) => Terms) =>
  (batch) => {
    const extent = extentOf('trajectoryBalance', batch)
    const logZ: tf.Tensor1D = logZByRow('trajectoryBalance', batch.logZ, extent.rows)
    const whole = terminationOf(batch, extent)
    const found = wholeTrajectories(logZ, endPotential(whole), extent.kept, regression)
    return {
      terms: found.terms,
      share: found.share,
      mass: found.mass,
      metrics: {
        ...trajectoryMetrics(found, whole, extent.kept, batch.group),
        logZ: keptMean(logZ, extent.kept),
      },
    }
  }
