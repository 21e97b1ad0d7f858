import * as tf from '@tensorflow/tfjs-core'
import type { Terms } from '../terms.ts'
import { type DetailedBalanceOptions, balanceOfTransitions, balanceOptions } from './detailed-balance.ts'
import { type FlowTrajectoryInputs, readWithFlow } from './sub-trajectory-balance.ts'

/**
 * Forward-looking detailed balance: detailed balance whose learned flow says only what is still to come, because what
 * a state is worth by itself is known from its reward.
 *
 *   log F(s_t) = log R(s_t ⊤) + logF_t,
 *   residual_t = log F(s_t) + log P_F(a_t | s_t) − log F(s_{t+1}),   log F(end) = log R
 *
 * `logF` of the batch is the learned part; `logReward` is read at every state. Where all flows are known from the
 * rewards alone, `modifiedDetailedBalance` learns none.
 *
 * @param options.normalisation over the transitions of the batch, or `within` each trajectory; default `pooled`
 * @param options.regression    what a residual costs, default `squared`
 * @returns terms [rows, states], nats², at [row, t]. Metrics: those of `trajectoryMetrics`
 * @throws RangeError for a wrong shape, an unknown normalisation or option
 * @see Pan et al. 2023, arXiv:2302.01687; torchgfn DBGFlowNet, forward_looking
 * @example reduce(forwardLookingDetailedBalance()({ ...batch, logF }), weight)
 */
export const forwardLookingDetailedBalance = (
  options: DetailedBalanceOptions = {},
): ((batch: FlowTrajectoryInputs) => Terms) => {
  const name = 'forwardLookingDetailedBalance'
  const chosen = balanceOptions(name, options)
  return (given) => {
    const read = readWithFlow(name, given, ({ exists }) => ({ logReward: exists }))
    const { logF, logReward } = read.batch
    return balanceOfTransitions(read, tf.add(logF, logReward), chosen)
  }
}
