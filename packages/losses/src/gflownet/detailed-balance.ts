import type * as tf from '@tensorflow/tfjs-core'
import type { Terms } from '../terms.ts'
import { checkName, checkOptionNames } from './check-names.ts'
import { trajectoryMetrics } from './metrics.ts'
import { learnedPotentials } from './potentials.ts'
import type { ReadTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { adjacentPairs } from './sub-trajectories.ts'
import { type FlowTrajectoryInputs, readWithFlow } from './sub-trajectory-balance.ts'
import { terminationOf } from './termination-values.ts'

export interface DetailedBalanceOptions {
  /** `pooled`: mean over the transitions of the batch; `within`: mean over each trajectory's, then over them. */
  readonly normalisation?: 'pooled' | 'within'
  readonly regression?: Regression
}

/** Throws a RangeError for options that there are not, and for a normalisation that is none of theirs. */
export const checkBalanceOptions = (
  caller: string,
  options: DetailedBalanceOptions,
  others: readonly string[] = [],
): void => {
  const { normalisation = 'pooled' } = options
  checkOptionNames(caller, options, ['normalisation', 'regression', ...others])
  checkName(caller, 'normalisation', normalisation, ['pooled', 'within'])
}

/** The loss under a flow [rows, states], however it was found. */
export const balanceOfTransitions = (
  { batch, extent }: ReadTrajectories<FlowTrajectoryInputs>,
  logF: tf.Tensor2D,
  { normalisation = 'pooled', regression = squared }: DetailedBalanceOptions,
): Terms => {
  const whole = terminationOf(batch, extent)
  const found = adjacentPairs(learnedPotentials(batch, extent, logF, whole), normalisation, regression)
  return {
    terms: found.terms,
    share: found.share,
    mass: found.mass,
    metrics: trajectoryMetrics(found, whole, extent, batch.group),
  }
}

/**
 * Detailed balance: what flows along one transition must be what its end receives, under a learned flow.
 *
 *   residual_t = log F(s_t) + log P_F(a_t | s_t) − log F(s_{t+1}),   0 ≤ t ≤ length
 *
 * The transition at t = length is the terminator, into the end where log F = log R. log P_B = 0 on a token tree.
 *
 * logReward and logPTerm are read at column `length` only.
 *
 * @param options.normalisation over the transitions of the batch, or `within` each trajectory; default `pooled`
 * @param options.regression    what a residual costs, default `squared`
 * @returns terms [rows, states], nats², at [row, t]. Metrics: those of `trajectoryMetrics`
 * @throws RangeError for a wrong shape, an unknown normalisation or option
 * @see Bengio et al. 2023, "GFlowNet Foundations", arXiv:2111.09266
 * @example reduce(detailedBalance()({ ...batch, logF }), weight)
 */
export const detailedBalance = (options: DetailedBalanceOptions = {}): ((batch: FlowTrajectoryInputs) => Terms) => {
  const name = 'detailedBalance'
  checkBalanceOptions(name, options)
  return (given) => {
    const read = readWithFlow(name, given)
    return balanceOfTransitions(read, read.batch.logF, options)
  }
}
