import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { flag, only } from './config-fields.ts'
import { HEAD_NORMS, LLAMA_NAMES, LLAMA_TARGETS, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'
import { qwenSliding } from './sliding-fields.ts'

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values. */
export const qwen2: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 32768 }),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) => qwenSliding(json, layers)),
      E.chainFirst(() => only(json, 'attention_bias', true)),
      E.chainFirst(() => only(json, 'use_mrope', false)),
      E.map((read) => ({ ...read, bias: { qkv: true, attentionOut: false, mlp: false }, names: LLAMA_NAMES })),
    ),
}

/** Qwen 3: queries and keys are normalised head by head; heads of their own width. */
export const qwen3: Architecture = {
  loraTargets: LLAMA_TARGETS,
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 32768, headDim: 128 }),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) => qwenSliding(json, layers)),
      E.bind('biased', () => flag(json, 'attention_bias', false)),
      E.map(({ biased, ...read }) => ({
        ...read,
        bias: { qkv: biased, attentionOut: biased, mlp: false },
        names: { ...LLAMA_NAMES, headNorms: HEAD_NORMS },
      })),
    ),
}
