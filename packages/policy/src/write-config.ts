import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { ConfigJson } from './architectures/config-fields.ts'
import type { PolicyFault } from './policy-fault.ts'
import { writeBeside } from './write-beside.ts'

/** Fields that transformers 5 takes as floats and nothing else. */
const FLOATS = [
  'attn_logit_softcapping',
  'final_logit_softcapping',
  'initializer_range',
  'layer_norm_epsilon',
  'rms_norm_eps',
]

const WHOLE_FLOAT = new RegExp(String.raw`^(  "(?:${FLOATS.join('|')})": -?\d+)(,?)$`, 'gm')

/** A config.json as Python reads it: JSON has one kind of number, and writes 30.0 as 30. */
export const writeConfig = (path: string, json: ConfigJson): TaskEither<PolicyFault, void> =>
  writeBeside(path, () => [
    new TextEncoder().encode(`${JSON.stringify(json, null, 2).replace(WHOLE_FLOAT, '$1.0$2')}\n`),
  ])
