import type { Trajectories } from '@gfnlm/env'
import type { Frame } from './infilling-rows.ts'

/** Log-probabilities of the targets of `InfillingRows`, nats. */
export interface InfillingLogProbs {
  /** [rows, width] of the completion's next token at each state */
  readonly completion: Float32Array
  /** [rows, width] of the tail's first token at each state */
  readonly first: Float32Array
  /** [rows, stops, length] of the tail's other tokens at the states t ≥ minLength; absent where tails have one token */
  readonly rest?: Float32Array
}

/**
 * log R of every prefix from the log-probabilities of its tokens and of the tail after it.
 *
 *   log R(s_t ⊤) = Σ_{i<t} log p(z_{i+1} | X z_≤i) + Σ_k log p(tail_{k+1} | X z_≤t tail_≤k)
 *
 * @returns [rows, width], nats; NaN past each row's length and where the MDP forbids stopping
 */
export const infillingLogRewards = (
  batch: Trajectories,
  frames: readonly Frame[],
  { completion, first, rest = new Float32Array(0) }: InfillingLogProbs,
): Float32Array => {
  const { rows, width } = batch
  const firstStop = Math.min(batch.mdp.minLength, width - 1)
  const stops = width - firstStop
  const length = rest.length / (rows * stops)
  const logReward = new Float32Array(rows * width).fill(NaN)
  for (let row = 0; row < rows; row++) {
    const { tail } = frames[batch.group[row]!]!
    let before = 0
    for (let t = 0; t <= batch.length[row]!; t++) {
      const state = row * width + t
      if (t >= firstStop) {
        let after = first[state]!
        for (let k = 0; k < tail.length - 1; k++) after += rest[(row * stops + t - firstStop) * length + k]!
        logReward[state] = before + after
      }
      before += completion[state]!
    }
  }
  return logReward
}
