import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { only, withDefaults } from './config-fields.ts'
import { LLAMA_NAMES, LLAMA_TARGETS, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'
import { WINDOW, sliding } from './sliding-fields.ts'

/** Mistral 7B and its kin: Llama without biases whose layers all slide unless `sliding_window` is null. */
export const mistral: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 4096 * 32 }),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) =>
        sliding(withDefaults(json, WINDOW), layers, () => json['sliding_window'] !== null),
      ),
      E.chainFirst(() => only(json, 'attention_bias', false)),
      E.map((read) => ({ ...read, bias: { qkv: false, attentionOut: false, mlp: false }, names: LLAMA_NAMES })),
    ),
}
