/** How activations are normalised: (x − mean) / σ with bias, or x / rms without. */
export interface Norm {
  readonly kind: 'layer' | 'rms'
  readonly eps: number
  /** Added to the weights before they multiply: 1 where a family keeps w − 1 (Gemma). */
  readonly offset?: number
}

/** Frequencies of rotations stretched over a longer context than they were first trained on. */
export type RopeScaling =
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      /** Wavelengths above context / low are stretched whole, those below context / high not at all. */
      readonly low: number
      readonly high: number
      /** Positions of the first training. */
      readonly context: number
    }

/** Queries and keys turned by position · θ^(−2i/headDim), or what its scaling makes of that. */
export interface Rope {
  readonly kind: 'rope'
  readonly theta: number
  readonly scaling?: RopeScaling | undefined
}

/** How the order of tokens enters: a learned vector added to each embedding, or rotated queries and keys. */
export type Position = { readonly kind: 'learned' } | Rope

/** Layers that look back over a window only. */
export interface Sliding {
  /** Columns that a query sees, itself among them. */
  readonly window: number
  /** Of each layer, whether it slides. */
  readonly layers: readonly boolean[]
  /** Positions of the sliding layers, where they are not the model's. */
  readonly position?: Position | undefined
}

export type Activation = 'silu' | 'gelu_tanh'

/** Paths of the modules as Hugging Face and PEFT name them; those of a layer are relative to `<layers>.<index>.`. */
export interface ModuleNames {
  readonly embedding: string
  readonly positions?: string
  readonly layers: string
  readonly attentionNorm: string
  /** Three projections, or one that holds queries, keys and values side by side. */
  readonly attention: { readonly q: string; readonly k: string; readonly v: string } | { readonly qkv: string }
  /** Present: queries and keys are normalised head by head before they are rotated. */
  readonly headNorms?: { readonly q: string; readonly k: string }
  readonly attentionOut: string
  /** Present: what attention gives is normalised before it is added. */
  readonly attentionOutNorm?: string
  readonly mlpNorm: string
  /** Up alone, gate and up, or one projection that holds gate and up side by side; act(gate) multiplies up. */
  readonly wide: { readonly up: string } | { readonly gate: string; readonly up: string } | { readonly gateUp: string }
  readonly down: string
  /** Present: what the MLP gives is normalised before it is added. */
  readonly mlpOutNorm?: string
  readonly finalNorm: string
  readonly head: string
}

/**
 * A pre-norm decoder-only transformer, whatever its family: what config.json says, in one vocabulary.
 *
 * A new family is a new row that fills this in. What its forward needs beyond it goes here as a field, next to the
 * one it refines, and is read in the one place of `decoder/` that computes it.
 */
export interface DecoderConfig {
  readonly modelType: string
  readonly vocab: number
  /** Positions the model takes. */
  readonly context: number
  readonly hidden: number
  /** Multiplies the embeddings of tokens: √hidden in Gemma. */
  readonly embeddingScale?: number | undefined
  readonly layers: number
  readonly heads: number
  /** Keys and values are shared by heads / kvHeads queries. */
  readonly kvHeads: number
  readonly headDim: number
  /** Multiplies q · k: 1 / √headDim in most families. */
  readonly scoreScale: number
  /** Scores s become cap · tanh(s / cap). */
  readonly scoreCap?: number | undefined
  readonly intermediate: number
  readonly norm: Norm
  readonly position: Position
  /** Absent: every layer sees all earlier tokens. */
  readonly sliding?: Sliding | undefined
  readonly activation: Activation
  readonly bias: { readonly qkv: boolean; readonly attentionOut: boolean; readonly mlp: boolean }
  /** Orientation of the layers' matrices: Linear keeps [out, in], GPT-2's Conv1D [in, out]. */
  readonly weights: 'out-in' | 'in-out'
  /** The head is the embedding. */
  readonly tied: boolean
  /** Logits l become cap · tanh(l / cap). */
  readonly logitCap?: number | undefined
  readonly names: ModuleNames
}
