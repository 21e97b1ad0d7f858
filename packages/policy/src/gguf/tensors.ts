import type { HostTensor, HostTensors } from '@gfnlm/jit'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import { frequenciesOf } from '../decoder/rope.ts'
import { transposed } from '../transposed.ts'
import type { GgufDtype, GgufTensor } from './container.ts'
import type { Family } from './family.ts'

/** llama.cpp's names of the modules, by ours. */
const namesOf = ({ names, layers }: DecoderConfig): ReadonlyMap<string, string> => {
  const { attention, headNorms, wide } = names
  const inLayer: readonly (readonly [ours: string | undefined, theirs: string])[] = [
    [names.attentionNorm, 'attn_norm'],
    ...('qkv' in attention
      ? [[attention.qkv, 'attn_qkv'] as const]
      : ([
          [attention.q, 'attn_q'],
          [attention.k, 'attn_k'],
          [attention.v, 'attn_v'],
        ] as const)),
    [headNorms?.q, 'attn_q_norm'],
    [headNorms?.k, 'attn_k_norm'],
    [names.attentionOut, 'attn_output'],
    [names.attentionOutNorm, 'post_attention_norm'],
    [names.mlpNorm, 'ffn_norm'],
    ...('gate' in wide ? [[wide.gate, 'ffn_gate'] as const] : []),
    ['gateUp' in wide ? wide.gateUp : wide.up, 'ffn_up'],
    [names.down, 'ffn_down'],
    [names.mlpOutNorm, 'post_ffw_norm'],
  ]
  const named = [
    [names.embedding, 'token_embd'],
    [names.positions, 'position_embd'],
    [names.finalNorm, 'output_norm'],
    [names.head, 'output'],
    ...Array.from({ length: layers }, (_, layer) =>
      inLayer.map(([ours, theirs]) => [ours && `${names.layers}.${layer}.${ours}`, `blk.${layer}.${theirs}`] as const),
    ).flat(),
  ] as const
  return new Map(named.flatMap(([ours, theirs]) => (ours === undefined ? [] : [[ours, theirs] as const])))
}

/**
 * The rows of a query or key projection in the order that llama.cpp's rotation takes them: it turns neighbours 2i and
 * 2i + 1 of a head where Hugging Face turns i and i + headDim / 2. Scores do not change, because queries and keys are
 * reordered alike.
 *
 * @param data [heads · headDim, width] row-major
 * @returns the same rows in that order
 */
export const interleaved = (data: Float32Array, headDim: number, width: number): Float32Array => {
  const out = new Float32Array(data.length)
  const half = headDim / 2
  for (let row = 0; row < data.length / width; row++) {
    const within = row % headDim
    const to = row - within + (within < half ? 2 * within : 2 * (within - half) + 1)
    out.set(data.subarray(row * width, (row + 1) * width), to * width)
  }
  return out
}

/** What llama.cpp divides frequencies by where Llama 3 scales them. */
const frequencyDivisors = ({ position, headDim }: DecoderConfig): GgufTensor[] => {
  if (position.kind !== 'rope' || position.scaling?.kind !== 'llama3') return []
  const unscaled = frequenciesOf({ ...position, scaling: undefined }, headDim)
  const scaled = frequenciesOf(position, headDim)
  const divisors = (): Float32Array => Float32Array.from(unscaled, (frequency, i) => frequency / scaled[i]!)
  return [{ name: 'rope_freqs.weight', shape: [headDim / 2], dtype: 'F32', data: divisors }]
}

/**
 * A model's tensors as llama.cpp names and orders them: matrices are [out, in]; a tied head is left out, llama.cpp
 * then takes the embedding; norms that keep w − 1 are written as w. Only matrices are stored narrower than fp32, as its
 * own converter does.
 */
export const ggufTensors = (
  config: DecoderConfig,
  { turnsNeighbours = false }: Family,
  weights: HostTensors,
  dtype: GgufDtype,
): GgufTensor[] => {
  const names = namesOf(config)
  const { attention, positions } = config.names
  const offset = config.norm.offset ?? 0
  const turned = (name: string): boolean =>
    turnsNeighbours && 'q' in attention && (name.endsWith(`.${attention.q}`) || name.endsWith(`.${attention.k}`))
  const ordered = (module: Module, { data, shape }: HostTensor): Float32Array => {
    const floats = data as Float32Array
    if (module.kind === 'norm' && offset !== 0) return floats.map((weight) => weight + offset)
    if (turned(module.name)) return interleaved(floats, config.headDim, shape[1] ?? 1)
    const flipped = module.kind === 'linear' && module.orientation === 'in-out' && shape.length === 2
    return flipped ? transposed(floats, [module.inputs, module.outputs]) : floats
  }
  const tensor = (module: Module, part: 'weight' | 'bias'): GgufTensor => {
    const given = weights[`${module.name}.${part}`]!
    const { kind, orientation, inputs, outputs } = module
    return {
      name: `${names.get(module.name)!}.${part}`,
      shape: kind === 'linear' && orientation === 'in-out' && part === 'weight' ? [outputs, inputs] : given.shape,
      dtype: given.shape.length === 2 && module.name !== positions ? dtype : 'F32',
      data: () => ordered(module, given),
    }
  }
  return [
    ...frequencyDivisors(config),
    ...modulesOf(config).flatMap((module) => [
      tensor(module, 'weight'),
      ...(module.bias ? [tensor(module, 'bias')] : []),
    ]),
  ]
}
