import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { Activation, DecoderConfig, Sliding } from '../architectures/decoder-config.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'

/** How llama.cpp computes a family: what is fixed there and must not be otherwise in a model. */
export interface Family {
  /** Its name there, and the prefix of its keys. */
  readonly architecture: string
  readonly activation: Activation
  /** It turns neighbours 2i and 2i + 1 of queries and keys, not i and i + headDim / 2. */
  readonly turnsNeighbours?: boolean
  /** It reads `rope_freqs`, what Llama 3 divides frequencies by. */
  readonly dividesFrequencies?: boolean
  readonly outputBias?: boolean
  /** All layers but every nth slide; other families see everything, whatever the file says. */
  readonly slides?: boolean
  /** Multiplies q · k; absent: 1 / √headDim. */
  readonly scoreScale?: (config: DecoderConfig) => number
  /** It caps scores and logits always, and has the embedding for a head. */
  readonly capped?: boolean
  /** Attention's output is as wide as the model. */
  readonly square?: boolean
}

/** Gemma's 27B, known there by its layers, has scores scaled by hidden / heads. */
const gemmaScale =
  (layersOf27B: number) =>
  ({ layers, hidden, heads, headDim }: DecoderConfig): number =>
    (layers === layersOf27B ? hidden / heads : headDim) ** -0.5

const llama: Family = {
  architecture: 'llama',
  activation: 'silu',
  turnsNeighbours: true,
  dividesFrequencies: true,
  outputBias: true,
}

const gemma3: Family = {
  architecture: 'gemma3',
  activation: 'gelu_tanh',
  slides: true,
  scoreScale: gemmaScale(62),
}

const FAMILIES: Readonly<Record<string, Family>> = {
  gpt2: { architecture: 'gpt2', activation: 'gelu_tanh', outputBias: true },
  llama,
  mistral: llama,
  qwen2: { architecture: 'qwen2', activation: 'silu', square: true },
  qwen3: { architecture: 'qwen3', activation: 'silu' },
  gemma2: {
    architecture: 'gemma2',
    activation: 'gelu_tanh',
    slides: true,
    scoreScale: gemmaScale(46),
    capped: true,
  },
  gemma3,
  gemma3_text: gemma3,
  phi3: { architecture: 'phi3', activation: 'silu', square: true },
}

/** The n of layers that all slide but every nth; undefined where they lie otherwise. */
export const everyNth = ({ layers }: Sliding): number | undefined =>
  [...layers.keys(), layers.length]
    .map((before) => before + 1)
    .find((n) => layers.every((slides, layer) => slides === ((layer + 1) % n !== 0)))

/** Numbers that the format has 32 bits for. */
const COUNTS = ['vocab', 'context', 'hidden', 'layers', 'heads', 'kvHeads', 'headDim', 'intermediate'] as const
const MOST = 2 ** 32 - 1

/** The family of a model; one that llama.cpp would compute differently is a fault. */
export const familyOf = (config: DecoderConfig): Either<PolicyFault, Family> => {
  const { modelType, activation, bias, position, sliding, scoreScale, scoreCap, logitCap, tied } = config
  const advice = `GGUF files are written of ${Object.keys(FAMILIES).join(', ')} models; use savePretrained for others`
  const family = FAMILIES[modelType]
  if (family === undefined)
    return left(
      policyFault('ArchitectureUnknown', `a ${modelType} model cannot be written as GGUF`, advice, { modelType }),
    )
  const scale = family.scoreScale?.(config) ?? config.headDim ** -0.5
  const nearby = sliding?.position
  const must: readonly (readonly [option: keyof DecoderConfig, fits: boolean, what: string])[] = [
    ['activation', activation === family.activation, `is ${family.activation}`],
    ['bias', !bias.attentionOut || family.outputBias === true, 'has none after attention'],
    [
      'position',
      position.kind !== 'rope' || position.scaling?.kind !== 'llama3' || family.dividesFrequencies === true,
      'has no llama3 scaling',
    ],
    ['scoreScale', Math.abs(scoreScale / scale - 1) < 1e-6, `is ${scale}`],
    ['scoreCap', (scoreCap !== undefined) === (family.capped === true), family.capped ? 'is a number' : 'is none'],
    ['logitCap', logitCap !== undefined || family.capped !== true, 'is a number'],
    ['tied', tied || family.capped !== true, 'is true'],
    [
      'sliding',
      family.slides !== true ||
        (sliding !== undefined &&
          everyNth(sliding) !== undefined &&
          (nearby?.kind !== 'rope' || nearby.scaling === undefined)),
      'is all layers but every nth, with rotations unscaled',
    ],
    ['sliding', family.slides !== true || (sliding?.window ?? 0) <= MOST, `has a window of at most ${MOST}`],
    ...COUNTS.map((option) => [option, config[option] <= MOST, `is at most ${MOST}`] as const),
    ['headDim', family.square !== true || config.headDim * config.heads === config.hidden, 'is hidden / heads'],
  ]
  const unfit = must.find(([, fits]) => !fits)
  if (unfit === undefined) return right(family)
  const [option, , what] = unfit
  return left(
    policyFault(
      'ArchitectureUnknown',
      `in llama.cpp's ${family.architecture} ${option} ${what}, in this model it is ${JSON.stringify(config[option])}`,
      'Save the model with savePretrained and run it elsewhere',
      { modelType, [option]: config[option] },
    ),
  )
}
