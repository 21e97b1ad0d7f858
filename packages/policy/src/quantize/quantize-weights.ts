import { type HostTensor, type HostTensors, hostTensor } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { transposed } from '../transposed.ts'
import { type Quantization, dequantizeBlocks, halvesOf, quantizeBlocks } from './quantize-blocks.ts'

export interface QuantizeOptions {
  readonly bits: Quantization['bits']
  /** Default 32. */
  readonly block?: Quantization['block']
}

/**
 * The modules whose matrices are quantised: the linear layers but the head. Embeddings and norms are looked up or
 * multiplied elementwise; the head's rounding would fall on the logits themselves, and a tied head is the embedding.
 */
export const quantizableModules = (config: DecoderConfig): readonly Module[] =>
  modulesOf(config).filter(({ kind, name }) => kind === 'linear' && name !== config.names.head)

const BLOCKS: readonly number[] = [16, 32, 64, 128, 256]

/** The options made whole, if every matrix of the model can be kept so. */
export const quantizationOf = (
  { bits, block = 32 }: QuantizeOptions,
  config: DecoderConfig,
): E.Either<PolicyFault, Quantization> => {
  const bad = (what: string, fix: string): E.Either<PolicyFault, never> =>
    E.left(policyFault('QuantizationInvalid', what, fix, { bits, block }))
  if (bits !== 4 && bits !== 8) return bad(`weights of ${String(bits)} bits are not computed`, 'Use 4 or 8 bits')
  if (!BLOCKS.includes(block))
    return bad(`a block of ${String(block)} weights is not computed`, `Use ${BLOCKS.join(', ')}`)
  const odd = quantizableModules(config).find(({ inputs }) => inputs % block !== 0)
  return odd === undefined
    ? E.right({ bits, block })
    : bad(
        `${odd.name} has ${odd.inputs} inputs, which are not whole blocks of ${block}`,
        'Use smaller blocks, or leave the model as it is',
      )
}

/** Whether weights of a model are kept in codes. */
export const isQuantized = (weights: HostTensors): boolean =>
  Object.keys(weights).some((name) => name.endsWith('.codes'))

/**
 * A module's matrix as `<module>.codes` [out, in · bits / 32] and `<module>.scales` [out, in / block]; of 8-bit codes
 * the halves too, `<module>.upper` and `<module>.lower` [out, in / 8], which decoding reads instead.
 */
export const quantizedWeight = (
  { name, inputs, outputs, orientation }: Module,
  data: Float32Array,
  quantization: Quantization,
): E.Either<PolicyFault, HostTensors> => {
  const matrix = orientation === 'out-in' ? data : transposed(data, [inputs, outputs])
  const { codes, scales } = quantizeBlocks(matrix, quantization)
  const parts = { codes, scales, ...(quantization.bits === 8 ? halvesOf(codes) : {}) }
  return scales.every(Number.isFinite)
    ? E.right(
        Object.fromEntries(
          Object.entries(parts).map(([part, data]) => [
            `${name}.${part}`,
            hostTensor(data, [outputs, data.length / outputs]),
          ]),
        ),
      )
    : E.left(
        policyFault('WeightsCorrupt', `${name}.weight holds numbers that are not finite`, 'Use another checkpoint', {
          tensor: `${name}.weight`,
        }),
      )
}

/** The matrix of a module in its own orientation, widened again where it is quantised; absent where the module is. */
export const weightOf = (
  { name, inputs, outputs, orientation }: Module,
  weights: HostTensors,
): HostTensor | undefined => {
  const [codes, scales] = [weights[`${name}.codes`], weights[`${name}.scales`]]
  if (codes === undefined || scales === undefined) return weights[`${name}.weight`]
  const quantization = { bits: (32 * codes.shape[1]!) / inputs, block: inputs / scales.shape[1]! } as Quantization
  return {
    shape: orientation === 'out-in' ? [outputs, inputs] : [inputs, outputs],
    dtype: 'float32',
    get data() {
      const matrix = dequantizeBlocks(
        { codes: codes.data as Int32Array, scales: scales.data as Float32Array },
        quantization,
      )
      return orientation === 'out-in' ? matrix : transposed(matrix, [outputs, inputs])
    },
  }
}

/** The weights of a model in memory with the matrices of its linear layers quantised. */
export const quantizedWeights = (
  config: DecoderConfig,
  weights: HostTensors,
  options: QuantizeOptions,
): E.Either<PolicyFault, HostTensors> =>
  pipe(
    quantizationOf(options, config),
    E.chain((quantization) =>
      pipe(
        quantizableModules(config),
        E.traverseArray((module) =>
          quantizedWeight(module, weights[`${module.name}.weight`]!.data as Float32Array, quantization),
        ),
      ),
    ),
    E.map((quantized) => {
      const replaced = new Set(quantizableModules(config).map(({ name }) => `${name}.weight`))
      const others = Object.entries(weights).filter(([name]) => !replaced.has(name))
      return Object.assign(Object.fromEntries(others), ...quantized) as HostTensors
    }),
  )
