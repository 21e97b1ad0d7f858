import type { DecoderConfig, Position } from '../architectures/decoder-config.ts'
import type { GgufDtype, GgufMetadata, GgufValue } from './container.ts'
import { type Family, everyNth } from './family.ts'

/** `general.file_type` of a file whose matrices are stored so. */
const FILE_TYPE: Readonly<Record<GgufDtype, number>> = { F32: 0, F16: 1, BF16: 32 }

const count = (value: number): GgufValue => ({ type: 'uint32', value })
const real = (value: number): GgufValue => ({ type: 'float32', value })

const rotations = (position: Position, headDim: number): GgufMetadata =>
  position.kind === 'learned'
    ? {}
    : {
        'rope.dimension_count': count(headDim),
        'rope.freq_base': real(position.theta),
        ...(position.scaling?.kind === 'linear'
          ? {
              'rope.scaling.type': { type: 'string', value: 'linear' },
              'rope.scaling.factor': real(position.scaling.factor),
            }
          : {}),
      }

/** How far layers see. A family without sliding layers there computes what the model does as far as the window. */
const reach = (family: Family, config: DecoderConfig): GgufMetadata => {
  const { context, sliding } = config
  if (sliding === undefined) return { context_length: count(context) }
  const period = everyNth(sliding)
  if (family.slides !== true || period === undefined)
    return { context_length: count(Math.min(context, sliding.window)) }
  return {
    context_length: count(context),
    'attention.sliding_window': count(sliding.window),
    'attention.sliding_window_pattern': count(period),
    ...(sliding.position?.kind === 'rope' ? { 'rope.freq_base_swa': real(sliding.position.theta) } : {}),
  }
}

/** What a file cannot say of how far layers see. */
export const reachNotes = (family: Family, config: DecoderConfig): readonly string[] => {
  const { context, sliding } = config
  if (sliding === undefined || family.slides === true || sliding.window >= context) return []
  return [
    `llama.cpp's ${family.architecture} has no sliding window: the file's context length is the window, ` +
      `${sliding.window} tokens of the model's ${context}, within which both compute the same`,
  ]
}

const caps = ({ scoreCap, logitCap }: DecoderConfig): GgufMetadata => ({
  ...(scoreCap === undefined ? {} : { attn_logit_softcapping: real(scoreCap) }),
  ...(logitCap === undefined ? {} : { final_logit_softcapping: real(logitCap) }),
})

const shapes = (config: DecoderConfig): GgufMetadata => ({
  vocab_size: count(config.vocab),
  embedding_length: count(config.hidden),
  block_count: count(config.layers),
  feed_forward_length: count(config.intermediate),
  'attention.head_count': count(config.heads),
  'attention.head_count_kv': count(config.kvHeads),
  'attention.key_length': count(config.headDim),
  'attention.value_length': count(config.headDim),
  [config.norm.kind === 'rms' ? 'attention.layer_norm_rms_epsilon' : 'attention.layer_norm_epsilon']: real(
    config.norm.eps,
  ),
})

/** What llama.cpp reads before any tensor. */
export const hyperparameters = (
  config: DecoderConfig,
  family: Family,
  name: string,
  dtype: GgufDtype,
): GgufMetadata => {
  const own: GgufMetadata = {
    ...shapes(config),
    ...reach(family, config),
    ...rotations(config.position, config.headDim),
    ...caps(config),
  }
  return {
    'general.architecture': { type: 'string', value: family.architecture },
    'general.name': { type: 'string', value: name },
    'general.file_type': count(FILE_TYPE[dtype]),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${family.architecture}.${key}`, value])),
  }
}
