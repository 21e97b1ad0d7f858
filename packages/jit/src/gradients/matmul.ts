import * as tf from '@tensorflow/tfjs-core'
import { sumTo, viewAs } from './broadcast.ts'
import { rule } from './rule.ts'

type Adjoint = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) => tf.Tensor

const leftPadded = (shape: readonly number[], rank: number): number[] => [
  ...Array<number>(rank - shape.length).fill(1),
  ...shape,
]

/**
 * How many of the innermost batch axes of the product `b` was stretched along while `a` was not. Such axes can be
 * counted as rows: [..., axis, rows, n] becomes [..., axis * rows, n], which turns "many products, then a sum" into
 * one larger product. It is what a weight matrix shared by a batch, or a key head shared by query heads, comes to.
 */
const foldable = (a: tf.Tensor, b: tf.Tensor, dy: tf.Tensor): number => {
  const [aBatch, bBatch, batch] = [a, b, dy].map(({ shape }) => leftPadded(shape.slice(0, -2), dy.rank - 2))
  const stays = batch.findLastIndex((d, i) => bBatch[i] !== 1 || aBatch[i] !== d)
  return batch.slice(stays + 1).some((d) => d !== 1) ? batch.length - 1 - stays : 0
}

const foldRows = (t: tf.Tensor, count: number, rank: number): tf.Tensor => {
  const shape = leftPadded(t.shape, rank)
  const rows = shape.slice(-2 - count, -1).reduce((n, d) => n * d, 1)
  return tf.reshape(t, [...shape.slice(0, -2 - count), rows, shape[rank - 1]])
}

/** aᵀ dy, or its transpose where b was transposed. */
const gradientOfRight: Adjoint = (dy, a, b, transposeA, transposeB) => {
  const folds = transposeA ? 0 : foldable(a, b, dy)
  const [left, g] = folds === 0 ? [a, dy] : [a, dy].map((t) => foldRows(t, folds, dy.rank))
  const product = transposeB ? tf.matMul(g, left, true, transposeA) : tf.matMul(left, g, !transposeA, false)
  if (product.size === b.size) return viewAs(product, b.shape)
  const [outer, matrix] = [product.shape.slice(0, -2), product.shape.slice(-2)]
  return sumTo(viewAs(product, [...outer, ...Array<number>(folds).fill(1), ...matrix]), b.shape)
}

/** dy bᵀ, or its transpose where a was transposed. */
const gradientOfLeft: Adjoint = (dy, a, b, transposeA, transposeB) =>
  sumTo(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a.shape)

/** Matrix products with broadcast batch axes, either operand transposed. (The fused kernel differentiates itself.) */
export const matmul: readonly tf.GradConfig[] = [
  rule<tf.BatchMatMulAttrs>('BatchMatMul', { inputs: ['a', 'b'] }, ([dy], [a, b], { transposeA, transposeB }) => ({
    a: () => gradientOfLeft(dy, a, b, transposeA, transposeB),
    b: () => gradientOfRight(dy, a, b, transposeA, transposeB),
  })),
]
