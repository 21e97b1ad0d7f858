import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { softmaxMatMul } from '../ops/softmax-mat-mul.ts'
import type { Node } from '../trace/graph.ts'
import { trace } from '../trace/trace.ts'
import { registerGradients } from './register-gradients.ts'

beforeAll(registerGradients)

interface Shapes {
  readonly a: number[]
  readonly b: number[]
  readonly dy: number[]
}

/** What the gradients of f in a and b come to, given the output's. */
const nodes = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, shapes: Shapes): readonly Node[] => {
  const gradients = ({ a, b, dy }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const [da, db] = tf.grads(f)([a, b], dy)
    return { da, db }
  }
  const float = (shape: number[]) => ({ shape, dtype: 'float32' as const })
  const signature = { a: float(shapes.a), b: float(shapes.b), dy: float(shapes.dy) }
  return trace(gradients, signature, {}).graph.nodes
}

const operators = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, shapes: Shapes): string[] =>
  nodes(f, shapes)
    .map(({ op }) => op)
    .sort()

test('equal shapes need no reduction', () => {
  expect(operators(tf.mul, { a: [4, 8], b: [4, 8], dy: [4, 8] })).toEqual(['Mul', 'Mul'])
  expect(operators(tf.add, { a: [4, 8], b: [4, 8], dy: [4, 8] })).toEqual([])
})

test('a bias costs one sum', () => {
  expect(operators(tf.add, { a: [2, 4, 8], b: [8], dy: [2, 4, 8] })).toEqual(['ReduceSum'])
})

test('a weight shared by a batch costs one product, not one an entry and a sum', () => {
  const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b)
  const found = operators(f, { a: [2, 4, 8], b: [8, 3], dy: [2, 4, 3] })
  expect(found.filter((op) => op !== 'Reshape')).toEqual(['FusedMatMul', 'FusedMatMul'])
})

test('key heads shared by query heads cost one product each', () => {
  const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b, false, true)
  const found = operators(f, { a: [2, 3, 4, 5, 8], b: [2, 3, 1, 5, 8], dy: [2, 3, 4, 5, 5] })
  expect(found.filter((op) => op !== 'Reshape')).toEqual(['FusedMatMul', 'MatMul'])
})

test('a comparison that a branch reads leaves nothing behind', () => {
  const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.where(tf.greater(a, b), a, b)
  expect(operators(f, { a: [8], b: [8], dy: [8] })).toEqual(['Greater', 'Where', 'Where'])
})

test('a function is computed once for its value and its gradient', () => {
  const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.mul(tf.softmax(a), b)
  expect(operators(f, { a: [4, 8], b: [4, 8], dy: [4, 8] }).filter((op) => op === 'Softmax')).toEqual(['Softmax'])
})

test('of arrays as wide as the scores, attention makes no more than its gradient is made of', () => {
  const scores = [2, 8, 7]
  const found = nodes(softmaxMatMul, { a: scores, b: [2, 7, 3], dy: [2, 8, 3] })
  const wide = found.filter(({ outputs }) => outputs[0]!.shape.join() === scores.join())
  expect(wide.map(({ op }) => op).sort()).toEqual(['FusedMatMul', 'Mul', 'Softmax', 'Sub'])
})
