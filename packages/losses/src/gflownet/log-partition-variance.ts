import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { type GroupedTrajectoryInputs, logZOfGroups } from './log-z.ts'
import { readTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { terminationOf } from './termination-values.ts'
import { wholeTrajectoryTerms } from './whole-trajectory-terms.ts'

/**
 * Log-partition variance (VarGrad): trajectory balance whose log Z is the batch's own estimate, one per prompt.
 *
 *   c = log R(x) − log P_F(τ),   residual = mean of c over the row's group − c
 *
 * With the squared regression this is the variance of c within a prompt's completions (population variance, not
 * n − 1), averaged over the kept rows; one group for all rows is torchgfn's LogPartitionVarianceGFlowNet. The mean
 * is detached: at unit weights and squared regression the gradient is the same as through it, and a row of weight
 * 0 then has none at all. On policy it is REINFORCE with a mean baseline. A group of one row teaches nothing.
 *
 * logReward and logPTerm are read at column `length` only.
 *
 * @param options.regression what a residual costs, default `squared`
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics`, and logZ, the mean estimate
 * @throws RangeError for a wrong shape
 * @see Richter et al. 2020, arXiv:2010.10436; Zhang et al. 2023, arXiv:2302.05446
 * @example reduce(logPartitionVariance()({ ...batch, group }), weight)
 */
export const logPartitionVariance = (
  options: { readonly regression?: Regression } = {},
): ((batch: GroupedTrajectoryInputs) => Terms) => {
  const { regression } = optionsOf('logPartitionVariance', options, { regression: squared })
  return (given) => {
    const { batch, extent } = readTrajectories('logPartitionVariance', given)
    const whole = terminationOf(batch, extent)
    const logZ = logZOfGroups(whole, batch.group, extent)
    return wholeTrajectoryTerms(logZ, whole, extent, regression, batch.group)
  }
}
