import type { GraphBuilder, Value } from '../graph.ts'
import { jitError } from '../../errors.ts'
import { callerLine } from '../caller.ts'
import { type Lowering, type Lowerings, broadcastShape, broadcasting, reshape } from './lowering.ts'
import { UNARY } from './unary.ts'

interface Side {
  readonly value: Value
  readonly transposed: boolean
  /** What the product is multiplied by. */
  readonly scale: number
}

/** The number that a constant scalar is. */
const numberOf = ({ shape, dtype, data }: Value): number | undefined =>
  shape.length === 0 && dtype === 'float32' && data !== undefined ? Number(data[0]) : undefined

/** A product's operand with a transpose of its last two axes, and a multiplication by a number, moved into the product. */
const folded = (graph: GraphBuilder, value: Value, transposed: boolean, scale: number = 1): Side => {
  const node = graph.producerOf(value)
  const rank = value.shape.length
  if (node?.op === 'Mul') {
    const [a, b] = node.inputs as readonly [Value, Value]
    const [x, factor] = numberOf(a) === undefined ? [a, numberOf(b)] : [b, numberOf(a)]
    return factor === undefined ? { value, transposed, scale } : folded(graph, x, transposed, scale * factor)
  }
  if (node?.op === 'Reshape' && graph.producerOf(node.inputs[0]!)?.op === 'Mul') {
    // a multiplication by a number does not care about shapes
    const inner = folded(graph, node.inputs[0]!, false)
    if (inner.scale !== 1 && !inner.transposed)
      return { value: reshape(graph, inner.value, value.shape), transposed, scale: scale * inner.scale }
  }
  if (node?.op !== 'Transpose') return { value, transposed, scale }
  const perm = node.attributes['perm'] as readonly number[]
  const swapsLast = perm.every((p, i) => (i < rank - 2 ? p === i : p === 2 * rank - 3 - i))
  return swapsLast ? folded(graph, node.inputs[0]!, !transposed, scale) : { value, transposed, scale }
}

/** Matrix product over the last two axes, earlier axes broadcast. */
export const matmul = (
  graph: GraphBuilder,
  left: Value,
  right: Value,
  transposeA: boolean,
  transposeB: boolean,
): Value => {
  const shapeOf = (v: Value, t: boolean): [number, number] => {
    const [rows, columns] = v.shape.slice(-2) as [number, number]
    return t ? [columns, rows] : [rows, columns]
  }
  const [m] = shapeOf(left, transposeA)
  const [, n] = shapeOf(right, transposeB)
  const shape = [...broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2)), m, n]
  const a = folded(graph, left, transposeA)
  const b = folded(graph, right, transposeB)
  const alpha = Math.fround(a.scale * b.scale)
  if (!a.transposed && !b.transposed && alpha === 1) return graph.emit('MatMul', [a.value, b.value], shape, 'float32')
  const attributes = {
    transA: a.transposed ? 1 : 0,
    transB: b.transposed ? 1 : 0,
    ...(alpha === 1 ? {} : { alpha: { float: alpha } }),
  }
  return graph.emit('FusedMatMul', [a.value, b.value], shape, 'float32', attributes, 'com.microsoft')
}

const ACTIVATION: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
}

const fusedMatMul: Lowering = ({ a, b, bias, preluActivationWeights }, attributes, graph) => {
  const product = matmul(graph, a!, b!, attributes.transposeA, attributes.transposeB)
  const x = bias === undefined ? product : broadcasting(graph, 'Add', product, bias, 'float32')
  const activation: string = attributes.activation ?? 'linear'
  if (activation === 'linear') return x
  const lower = UNARY[ACTIVATION[activation] ?? '']
  if (lower === undefined)
    throw jitError(
      'OpNotLowered',
      `fused matMul with activation ${activation} at ${callerLine()} cannot be compiled`,
      `Apply the activation as its own op, or use one of ${Object.keys(ACTIVATION).join(', ')}.`,
    )
  return lower(
    { x, ...(preluActivationWeights === undefined ? {} : { alpha: preluActivationWeights }) },
    { alpha: attributes.leakyreluAlpha },
    graph,
  )
}

/** Matrix products. */
export const MATMUL: Lowerings = {
  BatchMatMul: ({ a, b }, { transposeA, transposeB }, graph) => matmul(graph, a!, b!, transposeA, transposeB),
  _FusedMatMul: fusedMatMul,
  Einsum: (inputs, { equation }, graph) => {
    const operands = Object.values(inputs)
    const [left, right] = (equation as string).replaceAll(' ', '').split('->') as [string, string]
    const size = new Map<string, number>()
    left.split(',').forEach((term, k) => [...term].forEach((letter, i) => size.set(letter, operands[k]!.shape[i]!)))
    return graph.emit(
      'Einsum',
      operands,
      [...right].map((letter) => size.get(letter)!),
      'float32',
      { equation: `${left}->${right}` },
    )
  },
}
