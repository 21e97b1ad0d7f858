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

/** Rows laid out so that every prefix of a completion is followed by the tail in the same pass. */
export interface InfillingLayout {
  /** [rows, total] */
  readonly tokens: HostTensor
  /** [rows, total] */
  readonly positions: HostTensor
  /** [rows, total, total] */
  readonly visible: HostTensor
  /** [rows, width] the completion's next token at each state; the states are the first of the last `count` columns. */
  readonly completions: HostTensor
  /** [rows, count] the tail's next token at each of the last `count` columns: the states, then the blocks. */
  readonly endings: HostTensor
  /** Columns of the tail of one prefix: the longest tail without its last token, which is predicted only. */
  readonly blockWidth: number
}

/** Block widths are rounded up to this, so that a compiled graph serves many endings. */
const BLOCK_BUCKET = 4

/**
 * Lays out [X, z_1 … z_n, then for each t = 0 … n the tail without its last token]: the block of prefix t sees
 * X, z_1 … z_t and itself, at the positions it would have if it followed them. So one pass scores X z_1 … z_t tail
 * for every t: the column of state t predicts z_{t+1} and the tail's first token, the block of t the tail's rest.
 *
 * @param frames one for each prompt of the batch
 */
export const infillingLayout = (batch: Trajectories, frames: readonly Frame[]): InfillingLayout => {
  const { rows, width } = batch
  const n = width - 1
  const before = bucketed(Math.max(...frames.map((frame) => frame.before.length)))
  const longest = Math.max(...frames.map(({ tail }) => tail.length))
  const blockWidth = Math.ceil((longest - 1) / BLOCK_BUCKET) * BLOCK_BUCKET
  const total = before + n + width * blockWidth
  const count = total - before + 1
  const completions = settledTokens(batch)
  const tokens = new Int32Array(rows * total)
  const positions = new Int32Array(rows * total)
  const visible = new Uint8Array(rows * total * total)
  const endings = new Int32Array(rows * count)

  const layRow = (row: number): void => {
    const { before: x, tail } = frames[batch.group[row]!]!
    const z = completions.subarray(row * width, (row + 1) * width)
    const pad = before - x.length
    const put = (column: number, token: number, position: number): void => {
      tokens[row * total + column] = token
      positions[row * total + column] = position
    }
    const see = (query: number, from: number, to: number): void => {
      const start = (row * total + query) * total
      visible.fill(1, start + from, start + to)
    }
    const want = (read: number, ending: number): void => {
      endings[row * count + read] = ending
    }

    // Padding repeats a real token and sees itself only.
    for (let c = 0; c < pad; c++) {
      put(c, x[0]!, 0)
      see(c, c, c + 1)
    }
    for (let c = pad; c < before + n; c++) {
      put(c, c < before ? x[c - pad]! : z[c - before]!, c - pad)
      see(c, pad, c + 1)
    }
    for (let t = 0; t < width; t++) {
      want(t, tail[0]!)
      const block = before + n + t * blockWidth
      for (let k = 0; k < blockWidth; k++) {
        const held = Math.min(k, Math.max(0, tail.length - 2))
        put(block + k, tail[held]!, x.length + Math.min(t + held, n + tail.length - 2))
        see(block + k, pad, before + t)
        see(block + k, block, block + k + 1)
        want(width + t * blockWidth + k, tail[k + 1] ?? tail[0]!)
      }
    }
  }
  for (let row = 0; row < rows; row++) layRow(row)

  return {
    tokens: hostTensor(tokens, [rows, total]),
    positions: hostTensor(positions, [rows, total]),
    visible: hostTensor(visible, [rows, total, total]),
    completions: hostTensor(completions, [rows, width]),
    endings: hostTensor(endings, [rows, count]),
    blockWidth,
  }
}
