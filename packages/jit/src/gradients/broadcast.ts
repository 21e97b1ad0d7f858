import * as tf from '@tensorflow/tfjs-core'
import { zeros } from './gate.ts'

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

/** `t` in `shape`; no node, and `t` itself, when it already has it. */
export const viewAs = (t: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  sameShape(t.shape, shape) ? t : tf.reshape(t, [...shape])

/**
 * The adjoint of broadcasting `shape` up to `t`'s shape: sums the axes that were stretched. Always a tensor of its own;
 * one node (an alias when nothing was stretched), two when leading and inner axes were stretched together.
 */
export const sumTo = (t: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  if (sameShape(t.shape, shape)) return tf.clone(t)
  const lead = t.rank - shape.length
  const stretched = t.shape.flatMap((d, i) => (d !== 1 && (i < lead || shape[i - lead] === 1) ? [i] : []))
  return viewAs(stretched.length === 0 ? t : tf.sum(t, stretched, lead === 0), shape)
}

/** `shape` with the axes of a reduction kept at length 1. `axis` as the op was given it: null means every axis. */
export const keptShape = (shape: readonly number[], axis: number | number[] | null): number[] => {
  const axes = tf.util.parseAxisParam(axis as number | number[], [...shape])
  return shape.map((d, i) => (axes.includes(i) ? 1 : d))
}

/** `t`, of length 1 where it is to be stretched, repeated to `shape`. May be `t` itself when it has that shape. */
export const stretchTo = (t: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  // tf.broadcastTo leaves an axis of length 1 alone where the shape asks for 0
  shape.includes(0) ? zeros(shape) : tf.broadcastTo(t, [...shape])
