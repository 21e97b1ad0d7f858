import { type Either, chain, chainFirst, left, right } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { specialTokenIds } from '../special-token-ids.ts'
import type { Architecture } from './architecture.ts'
import { type ConfigJson, badField, shown } from './config-fields.ts'
import type { DecoderConfig } from './decoder-config.ts'
import { gemma2, gemma3Text } from './gemma.ts'
import { gemma3 } from './gemma3-language.ts'
import { gpt2 } from './gpt2.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import { phi3 } from './phi3.ts'
import { qwen2, qwen3 } from './qwen.ts'

/** The families that can be loaded, by the `model_type` of their config.json. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  gpt2,
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma2,
  gemma3_text: gemma3Text,
  gemma3,
  phi3,
}

/** The row of a config.json. */
export const architectureOf = (json: ConfigJson): Either<PolicyFault, Architecture> => {
  const type = json['model_type']
  return typeof type === 'string' && Object.hasOwn(ARCHITECTURES, type)
    ? right(ARCHITECTURES[type]!)
    : left(
        policyFault(
          'ArchitectureUnknown',
          `config.json: model_type is ${shown(type)}`,
          `Use a model of one of these families: ${Object.keys(ARCHITECTURES).join(', ')}`,
          { field: 'model_type', value: type },
        ),
      )
}

/**
 * What a config.json asks for, checked field by field.
 *
 * @example parseConfig({ model_type: 'mamba' }) // Left: config.json: model_type is "mamba". Use a model of …
 */
export const parseConfig = (json: ConfigJson): Either<PolicyFault, DecoderConfig> =>
  pipe(
    json['quantization_config'] == null
      ? architectureOf(json)
      : badField(json, 'quantization_config', 'Use the weights before quantisation: F32, F16 or BF16'),
    chain(({ parse }) => parse(json)),
    chainFirst(({ vocab }) => specialTokenIds(json, vocab)),
  )
