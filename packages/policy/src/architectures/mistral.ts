import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { isAbsent, only } from './config-fields.ts'
import { LLAMA_NAMES, LLAMA_TARGETS, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'
import { sliding } from './sliding-fields.ts'

/** Mistral 7B and its kin: Llama without biases whose layers all slide where `sliding_window` is given. */
export const mistral: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 4096 * 32 }),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) => sliding(json, layers, () => !isAbsent(json, 'sliding_window'))),
      E.chainFirst(() => only(json, 'attention_bias', false)),
      E.map((read) => ({ ...read, bias: { qkv: false, attentionOut: false, mlp: false }, names: LLAMA_NAMES })),
    ),
}
