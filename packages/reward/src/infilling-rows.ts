import { type Trajectories, settledTokens } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'
import { bucketed } from '@gfnlm/policy'

/** A row of text around a completion: X before it, and the tail that is judged after it. */
export interface Frame {
  /** X, at least one token. */
  readonly before: Int32Array
  /** ⊤ Y or Y, at least one token. */
  readonly tail: Int32Array
}

/**
 * Completions in their text as a trunk X z_1 … z_n, from whose every state that may stop a branch leaves: the tail.
 * Those are the states t ≥ minLength; `stops` counts them.
 */
export interface InfillingRows {
  /** [rows, before + n] */
  readonly tokens: HostTensor
  /** [rows] */
  readonly pad: HostTensor
  /** [rows, stops, length] the tail without its last token; absent where tails have one token. */
  readonly branches?: HostTensor
  /** [rows, width, 2] of each state: the completion's next token, the tail's first. */
  readonly next: HostTensor
  /** [rows, stops, length] the tail without its first token. */
  readonly rest?: HostTensor
}

/** Branch lengths are rounded up to this, so that a compiled graph serves many endings. */
const BUCKET = 2

/**
 * Lays completions out so that one pass scores X z_1 … z_t tail for every t: the trunk's column of state t predicts
 * z_{t+1} and the tail's first token, the branch of state t the tail's rest.
 *
 * @param frames        one for each prompt of the batch
 * @param contextLength positions of the judging model; every frame fits with the longest completion
 */
export const infillingRows = (batch: Trajectories, frames: readonly Frame[], contextLength: number): InfillingRows => {
  const { rows, width } = batch
  const n = width - 1
  // Rows that fit must not be made too long by their padding.
  const before = Math.min(bucketed(Math.max(...frames.map((frame) => frame.before.length))), contextLength - n)
  const length = Math.ceil((Math.max(...frames.map(({ tail }) => tail.length)) - 1) / BUCKET) * BUCKET
  const first = Math.min(batch.mdp.minLength, n)
  const stops = width - first
  const completions = settledTokens(batch)
  const tokens = new Int32Array(rows * (before + n))
  const pad = new Int32Array(rows)
  const next = new Int32Array(rows * width * 2)
  const branches = new Int32Array(rows * stops * length)
  const rest = new Int32Array(rows * stops * length)
  for (let row = 0; row < rows; row++) {
    const { before: x, tail } = frames[batch.group[row]!]!
    const z = completions.subarray(row * width, (row + 1) * width)
    pad[row] = before - x.length
    tokens.set(x, row * (before + n) + pad[row]!)
    tokens.set(z.subarray(0, n), row * (before + n) + before)
    for (let t = 0; t < width; t++) next.set([z[t]!, tail[0]!], (row * width + t) * 2)
    for (let stop = 0; stop < stops; stop++)
      for (let k = 0; k < length; k++) {
        const cell = (row * stops + stop) * length + k
        // Past a shorter tail its tokens are repeated: real ones, read by nobody.
        branches[cell] = tail[Math.min(k, tail.length - 1)]!
        rest[cell] = tail[Math.min(k + 1, tail.length - 1)]!
      }
  }
  return {
    tokens: hostTensor(tokens, [rows, before + n]),
    pad: hostTensor(pad),
    next: hostTensor(next, [rows, width, 2]),
    ...(length === 0
      ? {}
      : { branches: hostTensor(branches, [rows, stops, length]), rest: hostTensor(rest, [rows, stops, length]) }),
  }
}
