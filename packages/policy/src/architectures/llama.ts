import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import type { PolicyFault } from '../policy-fault.ts'
import { type ConfigJson, badField, flag, only } from './config-fields.ts'
import { LLAMA_NAMES, LLAMA_TARGETS, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'

/** Layers that do not rotate are not computed here: files that list layers must have a 1 for each. */
const allRotate = (json: ConfigJson): E.Either<PolicyFault, void> => {
  const layers = json['no_rope_layers'] ?? []
  return Array.isArray(layers) && layers.every((rotates) => rotates === 1)
    ? E.right(undefined)
    : badField(json, 'no_rope_layers', 'Only layers that all rotate, each of them a 1, are supported')
}

/** Fields of Llama's descendants that change the forward, under the name of which some files call themselves Llama. */
const plain = (json: ConfigJson): E.Either<PolicyFault, void> =>
  pipe(
    only(json, 'embedding_multiplier', 1),
    E.chain(() => only(json, 'residual_multiplier', 1)),
    E.chain(() => only(json, 'logits_scaling', 1)),
    E.chain(() => only(json, 'use_qk_norm', false)),
    E.chain(() => allRotate(json)),
  )

/** Llama 1 to 3, SmolLM2, TinyLlama, stories: RMSNorm, rotary positions, grouped queries, gated MLP. */
export const llama: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 2048 }),
      E.bind('position', () => rope(json)),
      E.bind('attentionBias', () => flag(json, 'attention_bias', false)),
      E.bind('mlpBias', () => flag(json, 'mlp_bias', false)),
      E.chainFirst(() => plain(json)),
      E.map(({ attentionBias, mlpBias, ...read }) => ({
        ...read,
        bias: { qkv: attentionBias, attentionOut: attentionBias, mlp: mlpBias },
        names: LLAMA_NAMES,
      })),
    ),
}
