import type { Trajectories } from '@gfnlm/env'
import type { Frame } from './infilling-layout.ts'

/** Log-probabilities of a layout's targets, nats. */
export interface TargetLogProbs {
  /** [rows, width] of z_{t+1} at state t. */
  readonly completion: Float32Array
  /** [rows, count] of the tail's tokens: its first at the `width` states, the rest in the blocks. */
  readonly ending: Float32Array
}

/**
 * log R of every prefix from the log-probabilities of a layout's targets.
 *
 *   log R(s_t ⊤) = Σ_{i<t} log p(z_{i+1} | X z_≤i) + Σ_k log p(tail_{k+1} | X z_≤t tail_≤k)
 *
 * @returns [rows, width], nats; NaN past each row's length
 */
export const infillingLogRewards = (
  batch: Trajectories,
  frames: readonly Frame[],
  { completion, ending }: TargetLogProbs,
  blockWidth: number,
): Float32Array => {
  const { rows, width } = batch
  const count = width * (1 + blockWidth)
  const logReward = new Float32Array(rows * width).fill(NaN)
  for (let row = 0; row < rows; row++) {
    const { tail } = frames[batch.group[row]!]!
    const at = (read: number): number => ending[row * count + read]!
    let before = 0
    for (let t = 0; t <= batch.length[row]!; t++) {
      let after = at(t)
      for (let k = 0; k < tail.length - 1; k++) after += at(width + t * blockWidth + k)
      logReward[row * width + t] = before + after
      before += completion[row * width + t]!
    }
  }
  return logReward
}
