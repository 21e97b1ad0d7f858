import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { ACTIVATIONS, type Architecture } from './architecture.ts'
import { badField, causal, count, flag, layerCount, numberOf, oneOf, only, positive } from './config-fields.ts'
import type { ModuleNames } from './decoder-config.ts'

const names: ModuleNames = {
  embedding: 'transformer.wte',
  positions: 'transformer.wpe',
  layers: 'transformer.h',
  attentionNorm: 'ln_1',
  attention: { qkv: 'attn.c_attn' },
  attentionOut: 'attn.c_proj',
  mlpNorm: 'ln_2',
  wide: { up: 'mlp.c_fc' },
  down: 'mlp.c_proj',
  finalNorm: 'transformer.ln_f',
  head: 'lm_head',
}

/** GPT-2 and its distillations: LayerNorm, learned positions, one fused projection, biases everywhere. */
export const gpt2: Architecture = {
  loraTargets: ['c_attn', 'c_proj', 'c_fc'],
  shrunkAtInit: ['c_proj'],
  canonical: (name) => (/^(wte|wpe|h|ln_f)\./.test(name) ? `transformer.${name}` : name),
  parse: (json) =>
    pipe(
      sequenceS(E.Applicative)({
        vocab: count(json, 'vocab_size'),
        context: count(json, 'n_positions', (json['n_ctx'] ?? 1024) as number),
        hidden: count(json, 'n_embd'),
        layers: layerCount(json, 'n_layer'),
        heads: count(json, 'n_head'),
        intermediate: count(json, 'n_inner', 4 * numberOf(json, 'n_embd')),
        eps: positive(json, 'layer_norm_epsilon', 1e-5),
        activation: oneOf(json, 'activation_function', ACTIVATIONS, 'gelu_new'),
        tied: flag(json, 'tie_word_embeddings', true),
      }),
      E.chainFirst(() => causal(json)),
      E.chainFirst(() => only(json, 'scale_attn_weights', true)),
      E.chainFirst(() => only(json, 'scale_attn_by_inverse_layer_idx', false)),
      E.chainFirst(() => only(json, 'add_cross_attention', false)),
      E.chain(({ eps, ...read }) =>
        read.hidden % read.heads !== 0
          ? badField(json, 'n_head', `It must divide n_embd, ${read.hidden}`)
          : E.right({
              ...read,
              modelType: 'gpt2',
              kvHeads: read.heads,
              headDim: read.hidden / read.heads,
              scoreScale: (read.hidden / read.heads) ** -0.5,
              norm: { kind: 'layer', eps } as const,
              position: { kind: 'learned' } as const,
              bias: { qkv: true, attentionOut: true, mlp: true },
              weights: 'in-out' as const,
              names,
            }),
      ),
    ),
}
