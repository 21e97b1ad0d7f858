/** The shape everything is timed at: GPT-2 124M, 8 rows of 64 tokens, adapters of rank 8. Each is also an environment variable. */
export interface Gpt2Shape {
  /** Layers. */
  readonly L: number
  /** Hidden size. */
  readonly D: number
  /** Attention heads. */
  readonly H: number
  /** Vocabulary. */
  readonly V: number
  /** Tokens a row that are learned from, or cached positions. */
  readonly T: number
  /** Rows. */
  readonly B: number
  /** Rank of the adapters. */
  readonly R: number
}

const DEFAULTS: Gpt2Shape = { L: 12, D: 768, H: 12, V: 50257, T: 64, B: 8, R: 8 }

/** The defaults, with what the environment says instead. */
export const shapeFrom = (env: NodeJS.ProcessEnv): Gpt2Shape =>
  Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, Number(env[name] ?? value)])) as unknown as Gpt2Shape

/** The shape as a config.json. */
export const gpt2Config = ({ L, D, H, V }: Gpt2Shape) => ({
  model_type: 'gpt2', n_layer: L, n_embd: D, n_head: H, vocab_size: V, n_positions: 1024,
})

/** Some token ids of the vocabulary, spread over it, the same every time. */
export const someTokens = ({ V }: Gpt2Shape, row: number, length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => (row * 7919 + i * 104729) % V)
