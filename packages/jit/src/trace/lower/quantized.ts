import { jitError } from '../../errors.ts'
import type { GraphBuilder, GraphType, Value } from '../graph.ts'
import { callerLine } from '../caller.ts'
import { type Lowerings, broadcasting } from './lowering.ts'

/**
 * ONNX Runtime 1.30 multiplies by 4-bit codes as they are and widens a whole 8-bit matrix at every run, which takes as
 * long as multiplying this many rows by it: below, the product with 8-bit codes is two with their halves.
 */
const ROWS_THAT_PAY = 64

/** The bytes of a constant as elements of another type. */
const viewed = (graph: GraphBuilder, value: Value, shape: readonly number[], dtype: GraphType): Value => {
  if (value.data === undefined && value.frozen === undefined)
    throw jitError(
      'InvalidInput',
      `the codes of a quantised matrix at ${callerLine()} are computed inside the compiled function`,
      'Pass them as constants of jit; what is quantised on the way is multiplied with tf.matMul.',
    )
  return graph.viewed(value, shape, dtype)
}

interface Layout {
  readonly out: number
  readonly inputs: number
  readonly blocks: number
  readonly block: number
  readonly bits: number
}

const layoutOf = (codes: Value, scales: Value, inputs: number): Layout => {
  const [out, blocks] = scales.shape as [number, number]
  return { out, inputs, blocks, block: inputs / blocks, bits: (32 * codes.shape[1]!) / inputs }
}

/** The code of 0, once for every block: DequantizeLinear would take code 0 for it. */
const zeroPoints = (graph: GraphBuilder, { out, blocks, bits }: Layout): Value => {
  const bytes = new Uint8Array(Math.ceil((out * blocks * bits) / 8)).fill(bits === 4 ? 0x88 : 0x80)
  return graph.constant(bytes, [out, blocks], bits === 4 ? 'uint4' : 'uint8')
}

/** x · Wᵀ in float32 arithmetic (accuracy_level 1). */
const product = (
  graph: GraphBuilder,
  x: Value,
  codes: Value,
  scales: readonly Value[],
  { inputs: K, out: N, blocks, block, bits }: Layout,
): Value => {
  const bytes = viewed(graph, codes, [N, blocks, (block * bits) / 8], 'uint8')
  const attributes = { K, N, bits, block_size: block, accuracy_level: 1 }
  return graph.emit('MatMulNBits', [x, bytes, ...scales], [x.shape[0]!, N], 'float32', attributes, 'com.microsoft')
}

/** An 8-bit code less 128 is 16 (upper − 8) + lower. */
const byHalves = (
  graph: GraphBuilder,
  x: Value,
  upper: Value,
  lower: Value,
  scales: Value,
  { bits: _, ...rest }: Layout,
): Value => {
  const layout = { ...rest, bits: 4 }
  const { out, blocks } = layout
  const sixteen = broadcasting(graph, 'Mul', scales, graph.splat(16, [], 'float32'), 'float32')
  const zero = graph.constant(new Uint8Array(out * Math.ceil(blocks / 2)), [out, Math.ceil(blocks / 2)], 'uint8')
  const high = product(graph, x, upper, [sixteen], layout)
  return graph.emit('Add', [high, product(graph, x, lower, [scales, zero], layout)], high.shape, 'float32')
}

/** Products with matrices of 4 or 8 bits, and such matrices widened. */
export const QUANTIZED: Lowerings = {
  GfnlmQuantizedMatMul: ({ x, codes, scales, upper, lower }, _, graph) => {
    const [rows, inputs] = x!.shape as [number, number]
    const layout = layoutOf(codes!, scales!, inputs)
    return upper !== undefined && lower !== undefined && rows < ROWS_THAT_PAY
      ? byHalves(graph, x!, upper, lower, scales!, layout)
      : product(graph, x!, codes!, [scales!], layout)
  },
  GfnlmDequantize: ({ codes, scales }, { inputs }, graph) => {
    const layout = layoutOf(codes!, scales!, inputs)
    const { out, block, bits } = layout
    const whole = viewed(graph, codes!, [out, inputs], bits === 4 ? 'uint4' : 'uint8')
    const attributes = { axis: 1, block_size: block }
    return graph.emit(
      'DequantizeLinear',
      [whole, scales!, zeroPoints(graph, layout)],
      [out, inputs],
      'float32',
      attributes,
    )
  },
}
