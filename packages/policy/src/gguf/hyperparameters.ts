import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { Activation, DecoderConfig } from '../architectures/decoder-config.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import type { GgufDtype, GgufMetadata, GgufValue } from './container.ts'

/** The families that llama.cpp computes as the decoder here does, with the one activation it has for each. */
const FAMILIES: Readonly<Record<string, Activation>> = { llama: 'silu', gpt2: 'gelu_tanh' }

/** `general.file_type` of a file whose matrices are stored so. */
const FILE_TYPE: Readonly<Record<GgufDtype, number>> = { F32: 0, F16: 1, BF16: 32 }

const count = (value: number): GgufValue => ({ type: 'uint32', value })

/** What llama.cpp reads before any tensor; a model that it would compute differently is a fault. */
export const hyperparameters = (
  config: DecoderConfig,
  name: string,
  dtype: GgufDtype,
): Either<PolicyFault, GgufMetadata> => {
  const { modelType, activation, norm, position } = config
  const expected = FAMILIES[modelType]
  if (expected !== activation)
    return left(
      policyFault(
        'ArchitectureUnknown',
        expected === undefined
          ? `a ${modelType} model cannot be written as GGUF`
          : `llama.cpp's ${modelType} has the activation ${expected}, this model ${activation}`,
        `GGUF files are written of ${Object.keys(FAMILIES).join(' and ')} models; use savePretrained for others`,
        { modelType, activation },
      ),
    )
  const own: GgufMetadata = {
    vocab_size: count(config.vocab),
    context_length: count(config.context),
    embedding_length: count(config.hidden),
    block_count: count(config.layers),
    feed_forward_length: count(config.intermediate),
    'attention.head_count': count(config.heads),
    'attention.head_count_kv': count(config.kvHeads),
    'attention.key_length': count(config.headDim),
    'attention.value_length': count(config.headDim),
    [norm.kind === 'rms' ? 'attention.layer_norm_rms_epsilon' : 'attention.layer_norm_epsilon']: {
      type: 'float32',
      value: norm.eps,
    },
    ...(position.kind === 'rope'
      ? {
          'rope.dimension_count': count(config.headDim),
          'rope.freq_base': { type: 'float32', value: position.theta },
        }
      : {}),
  }
  return right({
    'general.architecture': { type: 'string', value: modelType },
    'general.name': { type: 'string', value: name },
    'general.file_type': count(FILE_TYPE[dtype]),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${modelType}.${key}`, value])),
  })
}
