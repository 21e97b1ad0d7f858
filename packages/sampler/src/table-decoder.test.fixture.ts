import type { Decoder, Decoding } from './decoding.ts'

/** Logits of a state: the prompt and the tokens after it. */
export type Table = (prompt: Int32Array, tokens: readonly number[]) => readonly number[]

/** What was asked of a decoder: decodings opened and closed, tokens appended to each decoding, rows started in order. */
export interface Asked {
  opened: number
  closed: number
  steps: number
  /** Slots that had a row, over all steps. */
  busy?: number
}

/** A decoder that looks its logits up. */
export const tableDecoder =
  (table: Table, asked: Asked = { opened: 0, closed: 0, steps: 0 }): Decoder =>
  async ({ prompts, group, slots = group.length }) => {
    asked.opened++
    let waiting = Array.from(group.keys())
    const at = (rows: Int32Array, texts: readonly (readonly number[])[]): Decoding => ({
      rows,
      logits: Float32Array.from(
        texts.flatMap((tokens, slot) => [...table(prompts[group[Math.max(0, rows[slot]!)]!]!, tokens)]),
      ),
      next: async (chosen) => {
        asked.steps++
        asked.busy = (asked.busy ?? 0) + rows.filter((row) => row >= 0).length
        return at(
          rows,
          texts.map((tokens, slot) => [...tokens, chosen[slot]!]),
        )
      },
      refill: async (free) => {
        const taken = waiting.slice(0, free.length)
        waiting = waiting.slice(free.length)
        const next = rows.slice()
        free.forEach((slot, i) => {
          next[slot] = taken[i] ?? -1
        })
        return at(
          next,
          texts.map((tokens, slot) => (free.includes(slot) ? [] : tokens)),
        )
      },
      close: async () => {
        asked.closed++
      },
    })
    const count = Math.min(slots, group.length)
    return at(
      new Int32Array(count).fill(-1),
      Array.from({ length: count }, () => []),
    ).refill([...Array(count).keys()])
  }

/** Logits that differ from state to state, without a pattern that a mistake could share. */
export const irregular =
  (vocab: number, scale = 1.5): Table =>
  (prompt, tokens) => {
    const seed = [...prompt, ...tokens].reduce((h, token) => (h * 31 + token + 1) % 10_007, 7)
    return Array.from({ length: vocab }, (_, id) => Math.fround(scale * Math.sin(seed * (id + 1) + id)))
  }
