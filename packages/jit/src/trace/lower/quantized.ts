import { jitError } from '../../errors.ts'
import type { GraphBuilder, GraphType, Value } from '../graph.ts'
import { callerLine } from '../caller.ts'
import { type Lowerings, broadcasting, reshape } from './lowering.ts'

/**
 * ONNX Runtime 1.30 multiplies by 4-bit codes as they are and widens a whole 8-bit matrix at every run, which takes as
 * long as multiplying this many rows by it: below, an 8-bit product is two 4-bit ones.
 */
const ROWS_THAT_PAY = 64

/** The bytes of a constant as elements of another type. */
const viewed = (graph: GraphBuilder, value: Value, shape: readonly number[], dtype: GraphType): Value => {
  if (value.data === undefined && value.frozen === undefined)
    throw jitError('InvalidInput', `the codes of a quantised matrix at ${callerLine()} are computed inside the compiled function`,
      'Pass them as constants of jit; what is quantised on the way is multiplied with tf.matMul.')
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

/** The code of 0, once for every block: DequantizeLinear takes 0 itself for it. */
const zeroPoints = (graph: GraphBuilder, { out, blocks, bits }: Layout): Value => {
  const bytes = new Uint8Array(Math.ceil((out * blocks * bits) / 8)).fill(bits === 4 ? 0x88 : 0x80)
  return graph.constant(bytes, [out, blocks], bits === 4 ? 'uint4' : 'uint8')
}

const matMulNBits = (graph: GraphBuilder, inputs: readonly Value[], rows: number, { inputs: K, out: N, block, bits }: Layout): Value =>
  // accuracy_level 1: float32 arithmetic
  graph.emit('MatMulNBits', inputs, [rows, N], 'float32', { K, N, bits, block_size: block, accuracy_level: 1 }, 'com.microsoft')

/** The codes of 8 bits as those of 4 bits of their upper and lower halves; ONNX Runtime computes both once, when it opens the session. */
const halves = (graph: GraphBuilder, codes: Value, { out, inputs, blocks, block }: Layout): readonly [upper: Value, lower: Value] => {
  const pairs = [out, inputs / 2, 1]
  const byte = (value: number): Value => graph.constant(Uint8Array.of(value), [], 'uint8')
  const on = (op: string, a: Value, b: Value, attributes = {}): Value => graph.emit(op, [a, b], pairs, 'uint8', attributes)
  const ends = { shape: pairs, dtype: 'uint8' } as const
  const [even, odd] = graph.emitMany('Split', [viewed(graph, codes, [out, inputs / 2, 2], 'uint8')], [ends, ends], { axis: 2, num_outputs: 2 }) as readonly [Value, Value]
  const upper = on('BitwiseOr', on('BitShift', even, byte(4), { direction: 'RIGHT' }), on('BitwiseAnd', odd, byte(0xf0)))
  const lower = on('BitwiseOr', on('BitwiseAnd', even, byte(0x0f)), on('BitShift', odd, byte(4), { direction: 'LEFT' }))
  return [reshape(graph, upper, [out, blocks, block / 2]), reshape(graph, lower, [out, blocks, block / 2])]
}

/** Σ (16 (upper − 8) + lower) · scale · x, an 8-bit code less 128 being 16 (upper − 8) + lower. */
const byHalves = (graph: GraphBuilder, x: Value, codes: Value, scales: Value, layout: Layout): Value => {
  const { out, blocks } = layout
  const [upper, lower] = halves(graph, codes, layout)
  const sixteen = broadcasting(graph, 'Mul', scales, graph.splat(16, [], 'float32'), 'float32')
  const zero = graph.constant(new Uint8Array(out * Math.ceil(blocks / 2)), [out, Math.ceil(blocks / 2)], 'uint8')
  const product = (inputs: readonly Value[]): Value => matMulNBits(graph, inputs, x.shape[0]!, { ...layout, bits: 4 })
  return graph.emit('Add', [product([x, upper, sixteen]), product([x, lower, scales, zero])], [x.shape[0]!, out], 'float32')
}

/** Products with matrices of 4 or 8 bits, and such matrices widened. */
export const QUANTIZED: Lowerings = {
  GfnlmQuantizedMatMul: ({ x, codes, scales }, _, graph) => {
    const [rows, inputs] = x!.shape as [number, number]
    const layout = layoutOf(codes!, scales!, inputs)
    const { out, blocks, block, bits } = layout
    if (bits === 8 && rows < ROWS_THAT_PAY) return byHalves(graph, x!, codes!, scales!, layout)
    return matMulNBits(graph, [x!, viewed(graph, codes!, [out, blocks, (block * bits) / 8], 'uint8'), scales!], rows, layout)
  },
  GfnlmDequantize: ({ codes, scales }, { inputs }, graph) => {
    const layout = layoutOf(codes!, scales!, inputs)
    const { out, block, bits } = layout
    const whole = viewed(graph, codes!, [out, inputs], bits === 4 ? 'uint4' : 'uint8')
    const attributes = { axis: 1, block_size: block }
    return graph.emit('DequantizeLinear', [whole, scales!, zeroPoints(graph, layout)], [out, inputs], 'float32', attributes)
  },
}
