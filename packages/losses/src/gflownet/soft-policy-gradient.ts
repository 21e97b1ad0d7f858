import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { type Sharing, sequenceSum } from '../sharing.ts'
import { type Terms, orOne } from '../terms.ts'
import { toldMean } from './metrics.ts'
import { readTrajectories } from './read-trajectories.ts'
import { type ValuedTrajectoryInputs, actionsIn, softAdvantages, softRewards } from './soft-rewards.ts'

/**
 * Soft policy gradient: REINFORCE whose reward has the policy's own surprise in it, so that its optimum is the
 * posterior and not the best completion.
 *
 *   term_t = −A_t log P_F(a_t | s_t),   A of `softAdvantages`, a constant
 *   loss = mean over trajectories of Σ_t term_t
 *
 * On policy its expected gradient is that of KL(P_F ‖ R / Z), half of trajectory balance's. Completions must be the
 * policy's own; for others use a balance loss or `entropicPPO`. Values of the states (a head's, `estimatedValues`) take
 * variance out, and λ < 1 is a bias without them.
 *
 * @param options.lambda  λ of `softAdvantages`, default 1
 * @param options.sharing how the actions share the loss, default `sequenceSum`, which alone keeps the gradient exact
 * @returns terms [rows, states], nats². Metrics: softReturn (mean of log R − log P_F(τ) over the rows, nats) and
 *          advantage (mean over the actions)
 * @throws RangeError for a wrong shape or λ outside of [0, 1]
 * @see Deleu et al. 2024, arXiv:2402.10309; torchgfn gflownet/policy_gradient.py
 * @example reduce(softPolicyGradient({ lambda: 0.7 })({ ...batch, values }), weight)
 */
export const softPolicyGradient = (
  options: { readonly lambda?: number; readonly sharing?: Sharing } = {},
): ((batch: ValuedTrajectoryInputs) => Terms) => {
  const { lambda, sharing } = optionsOf('softPolicyGradient', options, { lambda: 1, sharing: sequenceSum })
  const advantages = softAdvantages({ lambda })
  return (given) => {
    const advantage = advantages(given)
    const { batch, extent } = readTrajectories('softPolicyGradient', given)
    const { logProb, mask } = actionsIn(batch, extent)
    const shares = sharing(mask)
    const counted = tf.mul(shares.share, tf.expandDims(extent.told, 1))
    return {
      terms: tf.neg(tf.mul(advantage, logProb)),
      ...shares,
      metrics: {
        softReturn: toldMean(tf.sum(softRewards(batch), 1), extent.told),
        advantage: tf.div(tf.sum(tf.mul(counted, advantage)), orOne(tf.sum(counted))),
      },
    }
  }
}
