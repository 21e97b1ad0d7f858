import * as tf from '@tensorflow/tfjs-core'
import { keptShape, stretchTo, viewAs } from './broadcast.ts'
import { rule } from './rule.ts'

interface Axis {
  readonly axis: number | number[] | null
}

/** Every element that attains the extreme gets the whole gradient (TensorFlow.js's convention: ties do not share). */
const extreme = (kernelName: string, axisOf: (attrs: Axis & { reductionIndices: Axis['axis'] }) => Axis['axis']) =>
  rule<Axis & { reductionIndices: Axis['axis'] }>(
    kernelName,
    { inputs: ['x'], outputs: [true] },
    ([dy], [x, y], attrs) => {
      const kept = keptShape(x.shape, axisOf(attrs))
      return { x: () => tf.mul(viewAs(dy, kept), tf.cast(tf.equal(x, viewAs(y, kept)), 'float32')) }
    },
  )

/**
 * d prod / dx_i is the product of the others. With zeros replaced by ones it is P / x_i where no other factor is zero,
 * and 0 elsewhere: exact for any number of zeros, with no cumulative product.
 */
const productOfOthers = (x: tf.Tensor, axis: Axis['axis']): tf.Tensor => {
  const zero = tf.cast(tf.equal(x, 0), 'float32')
  const safe = tf.add(x, zero)
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape)
  const otherZeros = tf.sub(tf.sum(zero, axes, true), zero)
  return tf.mul(tf.div(tf.prod(safe, axes, true), safe), tf.cast(tf.equal(otherZeros, 0), 'float32'))
}

/** Reductions; `axis` may be negative, a list, or null for every axis, with or without keepDims. */
export const reductions: readonly tf.GradConfig[] = [
  rule<Axis>('Sum', { inputs: ['x'] }, ([dy], [x], { axis }) => ({
    x: () => stretchTo(viewAs(dy, keptShape(x.shape, axis)), x.shape),
  })),
  rule<Axis>('Mean', { inputs: ['x'] }, ([dy], [x], { axis }) => ({
    x: () => stretchTo(viewAs(tf.mul(dy, dy.size / Math.max(1, x.size)), keptShape(x.shape, axis)), x.shape),
  })),
  extreme('Max', ({ reductionIndices }) => reductionIndices),
  extreme('Min', ({ axis }) => axis),
  rule<Axis>('Prod', { inputs: ['x'] }, ([dy], [x], { axis }) => ({
    x: () => tf.mul(viewAs(dy, keptShape(x.shape, axis)), productOfOthers(x, axis)),
  })),
]
