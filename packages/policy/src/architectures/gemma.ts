import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { PolicyFault } from '../policy-fault.ts'
import type { Architecture } from './architecture.ts'
import {
  type ConfigJson,
  count,
  flag,
  isAbsent,
  objectOf,
  only,
  positive,
  positiveIfAny,
  withDefaults,
} from './config-fields.ts'
import type { DecoderConfig, ModuleNames, Rope, Sliding } from './decoder-config.ts'
import { HEAD_NORMS, LLAMA_NAMES, LLAMA_TARGETS, type LlamaFields, llamaFields } from './llama-fields.ts'
import { agreeing, reads, rope, ropeFrom } from './rope-fields.ts'
import { sliding } from './sliding-fields.ts'

/** Four norms a layer: before and after attention, before and after the MLP. */
const names: ModuleNames = {
  ...LLAMA_NAMES,
  attentionOutNorm: 'post_attention_layernorm',
  mlpNorm: 'pre_feedforward_layernorm',
  mlpOutNorm: 'post_feedforward_layernorm',
}

type GemmaFields = LlamaFields & Pick<DecoderConfig, 'embeddingScale' | 'logitCap' | 'bias'>

/** What Gemma 2 and 3 share: norms that keep w − 1, scaled embeddings, GeGLU, scores scaled by a number of their own. */
const gemmaFields = (json: ConfigJson, context: number): E.Either<PolicyFault, GemmaFields> =>
  pipe(
    llamaFields(json, {
      context,
      headDim: 256,
      tied: true,
      activation: ['hidden_activation', 'gelu_pytorch_tanh'],
    }),
    E.bind('scalar', () => positive(json, 'query_pre_attn_scalar', 256)),
    E.bind('biased', () => flag(json, 'attention_bias', false)),
    E.bind('logitCap', () => positiveIfAny(json, 'final_logit_softcapping')),
    E.map(({ scalar, biased, ...read }) => ({
      ...read,
      embeddingScale: Math.sqrt(read.hidden),
      scoreScale: scalar ** -0.5,
      norm: { ...read.norm, offset: 1 },
      bias: { qkv: biased, attentionOut: biased, mlp: false },
    })),
  )

/** Gemma2Config's, for files that do not say. */
const GEMMA2_CAPS: ConfigJson = { attn_logit_softcapping: 50, final_logit_softcapping: 30 }

/** Gemma 2: every other layer slides, scores and logits are capped unless a cap is null. */
export const gemma2: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      gemmaFields(withDefaults(json, GEMMA2_CAPS), 8192),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) => sliding(json, layers, (layer) => layer % 2 === 0)),
      E.bind('scoreCap', () => positiveIfAny(withDefaults(json, GEMMA2_CAPS), 'attn_logit_softcapping')),
      E.map((read) => ({ ...read, names })),
    ),
}

/** Rotations of full and of sliding layers: files of transformers 5 have an object for each kind of layer. */
const gemma3Ropes = (json: ConfigJson): E.Either<PolicyFault, { readonly full: Rope; readonly local: Rope }> =>
  pipe(
    objectOf(json, 'rope_parameters'),
    E.chain((both) =>
      'full_attention' in both || 'sliding_attention' in both
        ? pipe(
            reads(both, 'rope_parameters', ['full_attention', 'sliding_attention'], 'Rotations by kind of layer'),
            E.chain(() =>
              sequenceS(E.Applicative)({
                full: pipe(
                  objectOf(both, 'full_attention'),
                  E.chain((given) => ropeFrom(given, 'rope_parameters.full_attention', 1e6)),
                  E.chain((given) => agreeing(json, given, 1e6)),
                ),
                local: pipe(
                  objectOf(both, 'sliding_attention'),
                  E.chain((given) => ropeFrom(given, 'rope_parameters.sliding_attention', 1e4)),
                ),
              }),
            ),
          )
        : sequenceS(E.Applicative)({
            full: rope(json, 1e6),
            local: E.Functor.map(positive(json, 'rope_local_base_freq', 1e4), (theta): Rope => ({
              kind: 'rope',
              theta,
            })),
          }),
    ),
  )

/** Every nth layer sees everything, `sliding_window_pattern` in older files and `_sliding_window_pattern` in newer. */
const gemma3Sliding = (json: ConfigJson, layers: number): E.Either<PolicyFault, Sliding | undefined> =>
  pipe(
    count(json, isAbsent(json, '_sliding_window_pattern') ? 'sliding_window_pattern' : '_sliding_window_pattern', 6),
    E.chain((nth) => sliding(json, layers, (layer) => (layer + 1) % nth !== 0)),
  )

/** Gemma 3, text: queries and keys normalised head by head; sliding layers rotate by a base of their own. */
export const gemma3Text: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      gemmaFields(json, 131_072),
      E.bind('ropes', () => gemma3Ropes(json)),
      E.bind('slides', ({ layers }) => gemma3Sliding(json, layers)),
      // transformers has the field and computes nothing with it.
      E.chainFirst(() => only(json, 'attn_logit_softcapping', null)),
      E.map(({ ropes, slides, ...read }) => ({
        ...read,
        position: ropes.full,
        sliding: slides && { ...slides, position: ropes.local },
        names: { ...names, headNorms: HEAD_NORMS },
      })),
    ),
}
