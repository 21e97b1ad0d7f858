/** The sizes of a GPT-2-shaped model and of a batch for it. */
export interface Shape {
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

const GPT2: Shape = { L: 12, D: 768, H: 12, V: 50257, T: 64, B: 8, R: 8 }

/** GPT-2 124M, 8 rows of 64 tokens; L D H V T B R in the environment make it smaller. */
export const gpt2Shape: Shape = Object.fromEntries(
  Object.entries(GPT2).map(([name, value]) => [name, Number(process.env[name] ?? value)]),
) as unknown as Shape

/** A model of a quarter of a million parameters, 32 rows of 64 tokens. */
export const SMALL: Shape = { L: 5, D: 64, H: 8, V: 512, T: 64, B: 32, R: 8 }

/** A model whose weights all train, 16 rows of 128 tokens. */
export const FULL: Shape = { L: 6, D: 256, H: 8, V: 4096, T: 128, B: 16, R: 0 }

/** Positions that every model here has. */
export const POSITIONS = 1024

/** A shape's model as a config.json. */
export const gpt2Config = ({ L, D, H, V }: Shape) => ({
  model_type: 'gpt2',
  n_layer: L,
  n_embd: D,
  n_head: H,
  vocab_size: V,
  n_positions: POSITIONS,
})

/** Numbers of the matrices that one token passes through: those of the layers, and the head. */
export const matrixWeights = ({ L, D, V }: Shape): number => L * 12 * D * D + V * D

/** Some token ids of the vocabulary, spread over it, the same every time. */
export const someTokens = ({ V }: Pick<Shape, 'V'>, row: number, length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => (row * 7919 + i * 104729) % V)
