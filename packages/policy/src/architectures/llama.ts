import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { PolicyFault } from '../policy-fault.ts'
import { ACTIVATIONS, type Architecture } from './architecture.ts'
import { type ConfigJson, badField, count, flag, oneOf, positive } from './config-fields.ts'
import type { ModuleNames } from './decoder-config.ts'

const names: ModuleNames = {
  embedding: 'model.embed_tokens',
  layers: 'model.layers',
  attentionNorm: 'input_layernorm',
  attention: { q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj' },
  attentionOut: 'self_attn.o_proj',
  mlpNorm: 'post_attention_layernorm',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
  finalNorm: 'model.norm',
  head: 'lm_head',
}

/** θ of the rotations; files of transformers 5 keep it in `rope_parameters`. Rescaled rotations are refused. */
const ropeTheta = (json: ConfigJson): E.Either<PolicyFault, number> => {
  for (const field of ['rope_scaling', 'rope_parameters']) {
    const scaling = (json[field] ?? {}) as { type?: unknown; rope_type?: unknown }
    if (typeof scaling !== 'object' || (scaling.rope_type ?? scaling.type ?? 'default') !== 'default')
      return badField(json, field, 'Only unscaled rotary positions are supported')
  }
  const { rope_theta = json['rope_theta'] } = (json['rope_parameters'] ?? {}) as { rope_theta?: unknown }
  return positive({ rope_theta }, 'rope_theta', 10_000)
}

/** Llama 1 to 3, SmolLM2, TinyLlama, stories: RMSNorm, rotary positions, grouped queries, gated MLP. */
export const llama: Architecture = {
  loraTargets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  parse: (json) =>
    pipe(
      sequenceS(E.Applicative)({
        vocab: count(json, 'vocab_size'),
        context: count(json, 'max_position_embeddings', 2048),
        hidden: count(json, 'hidden_size'),
        layers: count(json, 'num_hidden_layers'),
        heads: count(json, 'num_attention_heads'),
        intermediate: count(json, 'intermediate_size'),
        eps: positive(json, 'rms_norm_eps', 1e-6),
        theta: ropeTheta(json),
        activation: oneOf(json, 'hidden_act', ACTIVATIONS, 'silu'),
        attentionBias: flag(json, 'attention_bias', false),
        mlpBias: flag(json, 'mlp_bias', false),
        tied: flag(json, 'tie_word_embeddings', false),
        kvHeads: count(json, 'num_key_value_heads', json['num_attention_heads'] as number),
        headDim: count(json, 'head_dim', (json['hidden_size'] as number) / (json['num_attention_heads'] as number)),
      }),
      E.chain(({ eps, theta, attentionBias, mlpBias, ...read }) =>
        read.heads % read.kvHeads !== 0
          ? badField(json, 'num_key_value_heads', `It must divide num_attention_heads, ${read.heads}`)
          : read.headDim % 2 !== 0
          ? badField(json, 'head_dim', 'Rotary positions need an even head_dim')
          : E.right({
              ...read,
              modelType: 'llama',
              norm: { kind: 'rms', eps } as const,
              position: { kind: 'rope', theta } as const,
              bias: { qkv: attentionBias, attentionOut: attentionBias, mlp: mlpBias },
              weights: 'out-in' as const,
              names,
            }),
      ),
    ),
}
