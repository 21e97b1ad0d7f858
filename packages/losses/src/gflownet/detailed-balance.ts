import type * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { checkName } from './check-name.ts'
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

/** Throws a RangeError for a normalisation over transitions that is none. */
export const checkNormalisation = (caller: string, normalisation: string): void =>
  checkName(caller, 'normalisation', normalisation, ['pooled', 'within'])

/** The options of a loss under a learned flow. */
export const balanceOptions = (caller: string, options: DetailedBalanceOptions): Required<DetailedBalanceOptions> => {
  const chosen = optionsOf(caller, options, { normalisation: 'pooled', regression: squared })
  checkNormalisation(caller, chosen.normalisation)
  return chosen
}

/** The loss under a flow [rows, states], however it was found. */
export const balanceOfTransitions = (
  { batch, extent }: ReadTrajectories<FlowTrajectoryInputs>,
  logF: tf.Tensor2D,
  { normalisation, regression }: Required<DetailedBalanceOptions>,
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
  const chosen = balanceOptions(name, options)
  return (given) => {
    const read = readWithFlow(name, given)
    return balanceOfTransitions(read, read.batch.logF, chosen)
  }
}
