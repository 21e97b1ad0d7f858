import { completionLogProb } from '@gfnlm/env'
import type { Estimator } from './estimator.ts'
import { selfNormalised } from './self-normalised.ts'

export interface ImportanceOptions {
  /** Largest ratio; default none. Truncation trades a bias for a bounded variance (Ionides 2008). */
  readonly clip?: number
  /** Divide by the mean ratio of the prompt's rows, so that weights average 1 for each prompt; default false. */
  readonly selfNormalise?: boolean
  /** Weight of kept rows whose log-probabilities are not known (a dataset's, a replay buffer's); default 1. */
  readonly unknown?: number
}

/**
 * Importance ratio of the learned policy to the behaviour policy that drew the completion, both when sampled:
 *
 *   w = min(clip, exp(Σ_t log P_F(z_t | s_t) − Σ_t log π_b(z_t | s_t)))
 *
 * With it the mean over samples of a tempered or ε-uniform behaviour estimates the mean under the policy itself:
 * what a policy gradient needs, and what a GFlowNet loss may do without (any full-support behaviour has the same
 * optimum). Where the behaviour was truncated (top-k, top-p, min-p) it estimates the mean over what was left only.
 *
 * @example reweight(importanceRatio({ clip: 10, selfNormalise: true }))
 */
export const importanceRatio =
  ({ clip = Infinity, selfNormalise = false, unknown = 1 }: ImportanceOptions = {}): Estimator =>
  (batch) => {
    const behaviour = completionLogProb(batch, 'logBehaviour')
    const most = Math.log(clip)
    const logRatio = completionLogProb(batch, 'logPF').map((logPF, row) => Math.min(logPF - behaviour[row], most))
    if (selfNormalise) return selfNormalised(logRatio, batch, unknown)
    return Float32Array.from(logRatio, (l, row) =>
      batch.keep[row] === 0 ? 0
      : Number.isNaN(l) ? unknown
      : Math.exp(l),
    )
  }
