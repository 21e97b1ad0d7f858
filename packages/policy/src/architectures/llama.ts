import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { flag } from './config-fields.ts'
import { LLAMA_NAMES, LLAMA_TARGETS, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'

/** Llama 1 to 3, SmolLM2, TinyLlama, stories: RMSNorm, rotary positions, grouped queries, gated MLP. */
export const llama: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 2048 }),
      E.bind('position', () => rope(json)),
      E.bind('attentionBias', () => flag(json, 'attention_bias', false)),
      E.bind('mlpBias', () => flag(json, 'mlp_bias', false)),
      E.map(({ attentionBias, mlpBias, ...read }) => ({
        ...read,
        bias: { qkv: attentionBias, attentionOut: attentionBias, mlp: mlpBias },
        names: LLAMA_NAMES,
      })),
    ),
}
