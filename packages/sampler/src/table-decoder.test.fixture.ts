import type { Decoder, Decoding } from './decoding.ts'

/** Logits of a state: the prompt and the tokens after it. */
export type Table = (prompt: Int32Array, tokens: readonly number[]) => readonly number[]

/** What was asked of a decoder: decodings opened and closed, and tokens appended to each decoding. */
export interface Asked {
  opened: number
  closed: number
  steps: number
}

/** A decoder that looks its logits up. */
export const tableDecoder = (table: Table, asked: Asked = { opened: 0, closed: 0, steps: 0 }): Decoder => {
  const at = (prompts: readonly Int32Array[], rows: readonly (readonly number[])[]): Decoding => ({
    logits: Float32Array.from(rows.flatMap((tokens, row) => [...table(prompts[row]!, tokens)])),
    next: async (chosen) => {
      asked.steps++
      return at(prompts, rows.map((tokens, row) => [...tokens, chosen[row]!]))
    },
    close: async () => {
      asked.closed++
    },
  })
  return async ({ prompts, group }) => {
    asked.opened++
    return at(Array.from(group, (g) => prompts[g]!), Array.from(group, () => []))
  }
}

/** Logits that differ from state to state, without a pattern that a mistake could share. */
export const irregular = (vocab: number, scale = 1.5): Table => (prompt, tokens) => {
  const seed = [...prompt, ...tokens].reduce((h, token) => (h * 31 + token + 1) % 10_007, 7)
  return Array.from({ length: vocab }, (_, id) => Math.fround(scale * Math.sin(seed * (id + 1) + id)))
}
