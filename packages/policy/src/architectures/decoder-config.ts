/** How activations are normalised: (x − mean) / σ with bias, or x / rms without. */
export interface Norm {
  readonly kind: 'layer' | 'rms'
  readonly eps: number
}

/** How the order of tokens enters: a learned vector added to each embedding, or rotated queries and keys. */
export type Position = { readonly kind: 'learned' } | { readonly kind: 'rope'; readonly theta: number }

export type Activation = 'silu' | 'gelu_tanh'

/** Paths of the modules as Hugging Face and PEFT name them; those of a layer are relative to `<layers>.<index>.`. */
export interface ModuleNames {
  readonly embedding: string
  readonly positions?: string
  readonly layers: string
  readonly attentionNorm: string
  /** Three projections, or one that holds queries, keys and values side by side. */
  readonly attention: { readonly q: string; readonly k: string; readonly v: string } | { readonly qkv: string }
  readonly attentionOut: string
  readonly mlpNorm: string
  /** Present: the activation of `gate` multiplies `up`. */
  readonly gate?: string
  readonly up: string
  readonly down: string
  readonly finalNorm: string
  readonly head: string
}

/**
 * A pre-norm decoder-only transformer, whatever its family: what config.json says, in one vocabulary.
 *
 * A new family is a new row that fills this in. What its forward needs beyond it goes here as a field, next to the
 * one it refines (a scale of the embedding, a norm of queries and keys, a cap on logits), and is read in the one
 * place of `decoder/` that computes it.
 */
export interface DecoderConfig {
  readonly modelType: string
  readonly vocab: number
  /** Positions the model takes. */
  readonly context: number
  readonly hidden: number
  readonly layers: number
  readonly heads: number
  /** Keys and values are shared by heads / kvHeads queries. */
  readonly kvHeads: number
  readonly headDim: number
  readonly intermediate: number
  readonly norm: Norm
  readonly position: Position
  readonly activation: Activation
  readonly bias: { readonly qkv: boolean; readonly attentionOut: boolean; readonly mlp: boolean }
  /** Orientation of the layers' matrices: Linear keeps [out, in], GPT-2's Conv1D [in, out]. */
  readonly weights: 'out-in' | 'in-out'
  /** The head is the embedding. */
  readonly tied: boolean
  readonly names: ModuleNames
}
