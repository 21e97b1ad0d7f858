import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { isAbsent, only } from './config-fields.ts'
import type { ModuleNames } from './decoder-config.ts'
import { LLAMA_NAMES, llamaFields } from './llama-fields.ts'
import { rope } from './rope-fields.ts'
import { sliding } from './sliding-fields.ts'

const names: ModuleNames = {
  ...LLAMA_NAMES,
  attention: { qkv: 'self_attn.qkv_proj' },
  wide: { gateUp: 'mlp.gate_up_proj' },
}

/** Phi 3: Llama with fused projections whose layers all slide where `sliding_window` is given. */
export const phi3: Architecture = {
  loraTargets: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
  parse: (json) =>
    pipe(
      llamaFields(json, { context: 4096, eps: 1e-5 }),
      E.bind('position', () => rope(json)),
      E.bind('sliding', ({ layers }) => sliding(json, layers, () => !isAbsent(json, 'sliding_window'))),
      E.chainFirst(() => only(json, 'attention_bias', false)),
      E.map((read) => ({ ...read, bias: { qkv: false, attentionOut: false, mlp: false }, names })),
    ),
}
