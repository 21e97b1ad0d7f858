import type { HostTensor, HostTensors } from '@gfnlm/jit'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import type { GgufDtype, GgufTensor } from './container.ts'

/** llama.cpp's names of the modules, by ours. */
const namesOf = ({ names, layers }: DecoderConfig): ReadonlyMap<string, string> => {
  const { attention } = names
  const inLayer = [
    [names.attentionNorm, 'attn_norm'],
    ...('qkv' in attention
      ? [[attention.qkv, 'attn_qkv'] as const]
      : ([
          [attention.q, 'attn_q'],
          [attention.k, 'attn_k'],
          [attention.v, 'attn_v'],
        ] as const)),
    [names.attentionOut, 'attn_output'],
    [names.mlpNorm, 'ffn_norm'],
    ...(names.gate === undefined ? [] : [[names.gate, 'ffn_gate'] as const]),
    [names.up, 'ffn_up'],
    [names.down, 'ffn_down'],
  ] as const
  return new Map([
    [names.embedding, 'token_embd'],
    ...(names.positions === undefined ? [] : [[names.positions, 'position_embd'] as const]),
    [names.finalNorm, 'output_norm'],
    [names.head, 'output'],
    ...Array.from({ length: layers }, (_, layer) =>
      inLayer.map(([ours, theirs]) => [`${names.layers}.${layer}.${ours}`, `blk.${layer}.${theirs}`] as const),
    ).flat(),
  ])
}

const transposed = (data: Float32Array, [rows, columns]: readonly [number, number]): Float32Array => {
  const out = new Float32Array(data.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!
  return out
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

/**
 * A model's tensors as llama.cpp names and orders them: matrices are [out, in]; a tied head is left out, llama.cpp
 * then takes the embedding. Only matrices are stored narrower than fp32, as its own converter does.
 */
export const ggufTensors = (config: DecoderConfig, weights: HostTensors, dtype: GgufDtype): GgufTensor[] => {
  const names = namesOf(config)
  const { attention, positions } = config.names
  const turned = (name: string): boolean =>
    config.position.kind === 'rope' &&
    'q' in attention &&
    (name.endsWith(`.${attention.q}`) || name.endsWith(`.${attention.k}`))
  const ordered = (module: Module, { data, shape }: HostTensor): Float32Array => {
    const floats = data as Float32Array
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
  return modulesOf(config).flatMap((module) => [
    tensor(module, 'weight'),
    ...(module.bias ? [tensor(module, 'bias')] : []),
  ])
}
