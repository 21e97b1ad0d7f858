import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { halfSquared } from './regression.ts'
import { positive } from './relative.ts'
import { type RelativeTrajectoryBalanceInputs, relativeTrajectoryBalance } from './relative-trajectory-balance.ts'

/**
 * Trust-PCL: path consistency of a policy that is kept near a prior, written with log Z.
 *
 *   term = (α log Z + α (log P_F(τ) − log prior(τ)) − r(x))² / 2 = α² · relativeTrajectoryBalance at β = 1 / α
 *
 * `logReward` of the batch is r, not divided by α. α log Z is the soft value of the prompt, v(s_0).
 *
 * @param options.alpha weight of the divergence from the prior, default 1
 * @returns terms [rows], in units of r². Metrics: those of `relativeTrajectoryBalance`, and softValue, α log Z
 * @throws RangeError for a wrong shape or α ≤ 0
 * @see Nachum et al. 2018, arXiv:1707.01891; torchgfn trajectory_balance.py, TrustPCLGFlowNet
 * @example reduce(trustPCL({ alpha: 0.1 })({ ...batch, referenceLogProb, logZ }), weight)
 */
export const trustPCL = (
  options: { readonly alpha?: number } = {},
): ((batch: RelativeTrajectoryBalanceInputs) => Terms) => {
  const { alpha } = optionsOf('trustPCL', options, { alpha: 1 })
  const beta = 1 / positive('trustPCL', 'alpha', alpha)
  const loss = relativeTrajectoryBalance({ beta, regression: (residual) => halfSquared(tf.mul(alpha, residual)) })
  return (batch) => {
    const { metrics, ...terms } = loss(batch)
    return { ...terms, metrics: { ...metrics, softValue: tf.mul(alpha, metrics.logZ) } }
  }
}
