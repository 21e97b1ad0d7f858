import type { HostTensors } from '@gfnlm/jit'
import { loraScaleOf } from './adapter/adapted-modules.ts'
import type { LoraConfig } from './adapter/lora-config.ts'
import type { ConfigJson } from './architectures/config-fields.ts'
import type { DecoderConfig } from './architectures/decoder-config.ts'
import { type DecoderFunctions, decoderFunctions } from './decoder/decoder-policy.ts'
import type { Policy } from './policy.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A policy that came from a Hugging Face configuration and can be saved as one. */
export interface PretrainedPolicy extends Omit<Policy, keyof DecoderFunctions>, DecoderFunctions {
  readonly config: DecoderConfig
  /** config.json as it was read. */
  readonly configJson: ConfigJson
  /** Where its files are; absent when its weights were drawn. */
  readonly modelDirectory?: string
  readonly adapter?: LoraConfig
}

export interface PolicyParts {
  readonly name: string
  readonly config: DecoderConfig
  readonly configJson: ConfigJson
  readonly constants: HostTensors
  readonly trainable: HostTensors
  readonly modelDirectory?: string | undefined
  readonly adapter?: LoraConfig | undefined
  readonly tokenizer?: Tokenizer | undefined
}

/** A policy from its parts. */
export const pretrainedPolicy = ({ modelDirectory, adapter, tokenizer, ...parts }: PolicyParts): PretrainedPolicy => ({
  ...parts,
  ...(modelDirectory === undefined ? {} : { modelDirectory }),
  ...(adapter === undefined ? {} : { adapter }),
  ...(tokenizer === undefined ? {} : { tokenizer }),
  vocabSize: parts.config.vocab,
  contextLength: parts.config.context,
  ...decoderFunctions(parts.config, loraScaleOf(adapter)),
})
