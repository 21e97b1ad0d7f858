import * as tf from '@tensorflow/tfjs-core'
import { finite } from '../policy-gradient/tokens.ts'
import { type Sharing, sequenceSum } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { keptMean } from './metrics.ts'
import { type ValuedTrajectoryInputs, actionsOf, softAdvantages, softRewards } from './soft-rewards.ts'
import { extentOf } from './trajectory-inputs.ts'

/**
 * Soft policy gradient: REINFORCE whose reward has the policy's own surprise in it, so that its optimum is the
 * posterior and not the best completion.
 *
 *   term_t = −A_t log P_F(a_t | s_t),   A of `softAdvantages`, a constant
 *
 * On policy its expected gradient is that of KL(P_F ‖ R / Z), half of trajectory balance's. Completions must be the
 * policy's own; for others use a balance loss or `entropicPPO`. Values of the states (a head's, `estimatedValues`) take
 * variance out, and λ < 1 is a bias without them.
 *
 * @param options.lambda  λ of `softAdvantages`, default 1
 * @param options.sharing how the actions share the loss, default `sequenceSum`, which alone keeps the gradient exact
 * @returns terms [rows, states], nats². Metrics: softReturn (mean of log R − log P_F(τ) over the kept rows, nats) and
 *          advantage (mean over the actions)
 * @throws RangeError for a wrong shape or λ outside of [0, 1]
 * @see Deleu et al. 2024, arXiv:2402.10309; torchgfn gflownet/policy_gradient.py
 * @example reduce(softPolicyGradient({ lambda: 0.7 })({ ...batch, values }), weight)
 */
export const softPolicyGradient = ({
  lambda = 1,
  sharing = sequenceSum,
}: { readonly lambda?: number; readonly sharing?: Sharing } = {}): ((batch: ValuedTrajectoryInputs) => Terms) => {
  const advantages = softAdvantages({ lambda })
  return (batch) => {
    const { kept } = extentOf('softPolicyGradient', batch)
    const { logProb, mask } = actionsOf(batch)
    const advantage = advantages(batch)
    const shares = sharing(mask)
    return {
      terms: tf.neg(tf.mul(advantage, finite(logProb))),
      ...shares,
      metrics: {
        softReturn: keptMean(tf.sum(softRewards(batch), 1), kept),
        advantage: tf.sum(tf.mul(shares.share, advantage)),
      },
    }
  }
}
