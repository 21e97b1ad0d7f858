import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { type LogZ, logZByRow, readLogZ } from './log-z.ts'
import { readTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { terminationOf } from './termination-values.ts'
import type { TrajectoryInputs } from './trajectory-inputs.ts'
import { wholeTrajectoryTerms } from './whole-trajectory-terms.ts'

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
 * logReward and logPTerm are read at column `length` only.
 *
 * @param options.regression what a residual costs, default `squared`
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics`, and logZ, its mean over the kept rows
 * @throws RangeError for a wrong shape
 * @see Malkin et al. 2022, arXiv:2201.13259
 * @example reduce(trajectoryBalance()({ ...batch, logZ }), weight)
 */
export const trajectoryBalance = (
  options: { readonly regression?: Regression } = {},
): ((batch: TrajectoryBalanceInputs) => Terms) => {
  const { regression } = optionsOf('trajectoryBalance', options, { regression: squared })
  return (given) => {
    const name = 'trajectoryBalance'
    const { batch, extent } = readTrajectories(name, given, (of) => readLogZ(name, given.logZ, of))
    const logZ = logZByRow(batch.logZ, extent)
    return wholeTrajectoryTerms(logZ, terminationOf(batch, extent), extent, regression, batch.group)
  }
}
