import type { GraphBuilder, Value } from '../graph.ts'
import { jitError } from '../../errors.ts'
import { callerLine } from '../caller.ts'
import { type Lowering, type Lowerings, broadcastShape, broadcasting } from './lowering.ts'
import { UNARY } from './unary.ts'

interface Side {
  readonly value: Value
  readonly transposed: boolean
}

/** A product's operand with a transpose of its last two axes moved into the product. */
const folded = (graph: GraphBuilder, value: Value, transposed: boolean): Side => {
  const node = graph.producerOf(value)
  const rank = value.shape.length
  if (node?.op !== 'Transpose') return { value, transposed }
  const perm = node.attributes['perm'] as readonly number[]
  const swapsLast = perm.every((p, i) => (i < rank - 2 ? p === i : p === 2 * rank - 3 - i))
  return swapsLast ? { value: node.inputs[0]!, transposed: !transposed } : { value, transposed }
}

/** Matrix product over the last two axes, earlier axes broadcast. */
export const matmul = (graph: GraphBuilder, left: Value, right: Value, transposeA: boolean, transposeB: boolean): Value => {
  const shapeOf = (v: Value, t: boolean): [number, number] => {
    const [rows, columns] = v.shape.slice(-2) as [number, number]
    return t ? [columns, rows] : [rows, columns]
  }
  const [m] = shapeOf(left, transposeA)
  const [, n] = shapeOf(right, transposeB)
  const shape = [...broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2)), m, n]
  const a = folded(graph, left, transposeA)
  const b = folded(graph, right, transposeB)
  return a.transposed || b.transposed
    ? graph.emit('FusedMatMul', [a.value, b.value], shape, 'float32', { transA: a.transposed ? 1 : 0, transB: b.transposed ? 1 : 0 }, 'com.microsoft')
    : graph.emit('MatMul', [a.value, b.value], shape, 'float32')
}

const ACTIVATION: Readonly<Record<string, string>> = {
  relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid', leakyrelu: 'LeakyRelu', prelu: 'Prelu',
}

const fusedMatMul: Lowering = ({ a, b, bias, preluActivationWeights }, attributes, graph) => {
  const product = matmul(graph, a!, b!, attributes.transposeA, attributes.transposeB)
  const x = bias === undefined ? product : broadcasting(graph, 'Add', product, bias, 'float32')
  const activation: string = attributes.activation ?? 'linear'
  if (activation === 'linear') return x
  const lower = UNARY[ACTIVATION[activation] ?? '']
  if (lower === undefined)
    throw jitError('OpNotLowered', `fused matMul with activation ${activation} at ${callerLine()} cannot be compiled`,
      `Apply the activation as its own op, or use one of ${Object.keys(ACTIVATION).join(', ')}.`)
  return lower({ x, ...(preluActivationWeights === undefined ? {} : { alpha: preluActivationWeights }) }, { alpha: attributes.leakyreluAlpha }, graph)
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
    return graph.emit('Einsum', operands, [...right].map((letter) => size.get(letter)!), 'float32', { equation: `${left}->${right}` })
  },
}
