import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkOption } from './check-option.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type MeasuredPairs, type ReferencePairs, gap, logRatios, perToken } from './pairs.ts'

export interface SpinOptions {
  /** λ ≥ 0, in DPO's place of β. */
  readonly lambda?: number
}

const checkLambda = (caller: string, lambda: number): void =>
  checkOption(caller, 'lambda', lambda, lambda >= 0, 'at least 0')

/**
 * Self-play fine-tuning (SPIN): tell the data's completions from those of one's own former self.
 *
 *   term = −log σ(λ (Δ_real − Δ_generated)),   loss = mean over pairs
 *
 * DPO whose chosen completion is the data's and whose rejected one was drawn from the previous iterate, which is also
 * the reference. Summed log-probabilities, as in the paper; self-rewarding-lm-pytorch's are means: `spinPerToken`.
 *
 * @param options lambda, default 0.1
 * @param pairs   see ReferencePairs, nats: chosen is real, rejected is generated
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for λ < 0 or a wrong shape
 * @see Chen et al. 2024, arXiv:2401.01335, eq. 4.7
 * @example reduce(spin({ lambda: 0.1 })(pairs), weight) // 0.6210
 */
export const spin = (options: SpinOptions = {}): PairLoss<ReferencePairs> => {
  const { lambda } = optionsOf('spin', options, { lambda: 0.1 })
  checkLambda('spin', lambda)
  return pairLoss('spin', lambda, logRatios, (ratio) => logistic(tf.mul(lambda, gap(ratio))))
}

/**
 * SPIN on length-normalised log-ratios.
 *
 *   term = −log σ(λ (Δ_real / n_real − Δ_generated / n_generated)),   loss = mean over pairs
 *
 * @param options lambda, default 0.1
 * @param pairs   see MeasuredPairs, nats and tokens: chosen is real, rejected is generated
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for λ < 0 or a wrong shape
 * @see lucidrains/self-rewarding-lm-pytorch, spin.py
 * @example reduce(spinPerToken({ lambda: 0.1 })(pairs), weight) // 0.6819
 */
export const spinPerToken = (options: SpinOptions = {}): PairLoss<MeasuredPairs> => {
  const { lambda } = optionsOf('spinPerToken', options, { lambda: 0.1 })
  checkLambda('spinPerToken', lambda)
  return pairLoss<MeasuredPairs>('spinPerToken', lambda, logRatios, (ratio, pairs) =>
    logistic(tf.mul(lambda, gap(perToken(ratio, pairs)))),
  )
}
