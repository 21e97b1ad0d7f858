import { type Annotated, tokenMDP } from '@gfnlm/env'

/** A one-token completion and its terminator. */
export interface Row {
  readonly group?: number
  readonly keep?: 0 | 1
  /** Σ log P_F and Σ log π_b of the completion, nats; spread over its one token and its terminator. */
  readonly logPF: number
  readonly logBehaviour: number
  readonly logReward?: number
}

/** One-token completions in rows of three columns, NaN in the padding. */
export const batchOf = (...rows: readonly Row[]): Annotated => ({
  step: 0,
  seed: 0,
  prompts: ['a', 'b'].map((id) => ({ id, text: '', tokens: Int32Array.of(), row: {} })),
  mdp: tokenMDP({ terminator: 0, maxLength: 2 }),
  rows: rows.length,
  width: 3,
  group: Int32Array.from(rows, ({ group = 0 }) => group),
  tokens: Int32Array.from(rows.flatMap(() => [1, 0, 0])),
  length: new Int32Array(rows.length).fill(1),
  logPF: Float32Array.from(rows.flatMap(({ logPF }) => [0.75 * logPF, 0.25 * logPF, NaN])),
  logBehaviour: Float32Array.from(rows.flatMap(({ logBehaviour }) => [logBehaviour / 2, logBehaviour / 2, NaN])),
  origin: rows.map(() => 'policy' as const),
  logReward: Float32Array.from(rows.flatMap(({ logReward = 0 }) => [NaN, logReward, NaN])),
  rewardTemperature: 0.5,
  keep: Uint8Array.from(rows, ({ keep = 1 }) => keep),
})
