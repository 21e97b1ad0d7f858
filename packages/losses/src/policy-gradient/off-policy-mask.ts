import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { finite } from '../ruled-out.ts'
import { orOne } from '../terms.ts'
import { alongSteps, perRowSum } from './tokens.ts'

export interface OffPolicyInputs {
  /** [rows, steps] log π(token) now, nats */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] log-probability under what drew the token, nats */
  readonly behaviourLogProb: tf.Tensor2D
  /** [rows] */
  readonly advantage: tf.Tensor1D
  /** [rows, steps] 1 where a token counts; nothing else is read */
  readonly mask: tf.Tensor2D
}

/**
 * Off-policy sequence masking: a completion that is to be made rarer is left out where the policy has moved away from
 * it already, since its ratios say little by then.
 *
 *   keep = A ≥ 0 or mean_t (log π_b(y_t) − log π(y_t)) ≤ threshold
 *
 * A factor of `correction`; a constant.
 *
 * @param threshold nats per token, above 0
 * @returns [rows, steps] 1 or 0, alike within a row
 * @throws RangeError for a wrong shape or threshold
 * @see DeepSeek-AI 2025, "DeepSeek-V3.2", eq. 9; TRL `off_policy_mask_threshold`
 */
export const offPolicyMask =
  (threshold: number) =>
  (inputs: OffPolicyInputs): tf.Tensor2D => {
    if (!(threshold > 0)) throw new RangeError(`offPolicyMask: threshold must be above 0, found ${threshold}`)
    const { logProb, behaviourLogProb, advantage, mask } = inputs
    checkRank('offPolicyMask', 'logProb', logProb, ['rows', 'steps'])
    const [rows, steps] = logProb.shape
    checkShape('offPolicyMask', 'behaviourLogProb', behaviourLogProb, { rows, steps })
    checkShape('offPolicyMask', 'mask', mask, { rows, steps })
    checkShape('offPolicyMask', 'advantage', advantage, { rows })
    const counts = tf.greater<tf.Tensor2D>(tf.cast(mask, 'float32'), 0)
    const counted = tf.cast<tf.Tensor2D>(counts, 'float32')
    const gap: tf.Tensor2D = tf.where(counts, tf.sub(finite(behaviourLogProb), finite(logProb)), tf.zerosLike(logProb))
    const mean = tf.div<tf.Tensor2D>(perRowSum(gap), orOne(perRowSum(counted)))
    const good = tf.cast<tf.Tensor2D>(tf.greaterEqual(tf.expandDims(advantage, 1), 0), 'float32')
    const near = tf.cast<tf.Tensor2D>(tf.lessEqual(mean, threshold), 'float32')
    return detach(alongSteps(tf.maximum(good, near), steps))
  }
