import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { PolicyFault } from '../policy-fault.ts'
import { ACTIVATIONS } from './architecture.ts'
import {
  type ConfigJson,
  badField,
  causal,
  count,
  flag,
  layerCount,
  numberOf,
  oneOf,
  positive,
} from './config-fields.ts'
import type { DecoderConfig, ModuleNames } from './decoder-config.ts'

/** Modules as Llama names them, and most that came after it. */
export const LLAMA_NAMES: ModuleNames = {
  embedding: 'model.embed_tokens',
  layers: 'model.layers',
  attentionNorm: 'input_layernorm',
  attention: { q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj' },
  attentionOut: 'self_attn.o_proj',
  mlpNorm: 'post_attention_layernorm',
  wide: { gate: 'mlp.gate_proj', up: 'mlp.up_proj' },
  down: 'mlp.down_proj',
  finalNorm: 'model.norm',
  head: 'lm_head',
}

/** Norms of the heads' queries and keys, as Qwen 3 and Gemma 3 name them. */
export const HEAD_NORMS = { q: 'self_attn.q_norm', k: 'self_attn.k_norm' } as const

/** Projections of a layer that LoRA adapts. */
export const LLAMA_TARGETS: readonly string[] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
]

/** What transformers takes for fields that a family's files may leave out. */
export interface LlamaDefaults {
  readonly context: number
  readonly eps?: number
  /** hidden / heads, unless the family has its own. */
  readonly headDim?: number
  readonly tied?: boolean
  /** The field that names the activation, and what it is where absent. */
  readonly activation?: readonly [field: string, otherwise: string]
}

/** What all of them have. */
export type LlamaFields = Pick<
  DecoderConfig,
  | 'modelType'
  | 'vocab'
  | 'context'
  | 'hidden'
  | 'layers'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  | 'scoreScale'
  | 'intermediate'
  | 'norm'
  | 'activation'
  | 'weights'
  | 'tied'
>

/** The dimensions of a descendant of Llama: RMSNorm, grouped queries, gated MLP, all of them [out, in]. */
export const llamaFields = (
  json: ConfigJson,
  { context, eps = 1e-6, headDim, tied = false, activation: [field, act] = ['hidden_act', 'silu'] }: LlamaDefaults,
): E.Either<PolicyFault, LlamaFields> =>
  pipe(
    sequenceS(E.Applicative)({
      vocab: count(json, 'vocab_size'),
      context: count(json, 'max_position_embeddings', context),
      hidden: count(json, 'hidden_size'),
      layers: layerCount(json, 'num_hidden_layers'),
      heads: count(json, 'num_attention_heads'),
      intermediate: count(json, 'intermediate_size'),
      eps: positive(json, 'rms_norm_eps', eps),
      activation: oneOf(json, field, ACTIVATIONS, act),
      tied: flag(json, 'tie_word_embeddings', tied),
      kvHeads: count(json, 'num_key_value_heads', numberOf(json, 'num_attention_heads')),
      headDim: count(
        json,
        'head_dim',
        headDim ?? numberOf(json, 'hidden_size') / numberOf(json, 'num_attention_heads'),
      ),
    }),
    E.chainFirst(() => causal(json)),
    E.chain(({ eps, ...read }) =>
      read.heads % read.kvHeads !== 0
        ? badField(json, 'num_key_value_heads', `It must divide num_attention_heads, ${read.heads}`)
        : read.headDim % 2 !== 0
          ? badField(json, 'head_dim', 'Rotary positions need an even head_dim')
          : E.right({
              ...read,
              modelType: json['model_type'] as string,
              scoreScale: read.headDim ** -0.5,
              norm: { kind: 'rms', eps } as const,
              weights: 'out-in' as const,
            }),
    ),
  )
