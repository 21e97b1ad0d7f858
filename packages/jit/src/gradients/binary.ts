import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from './broadcast.ts'
import { gate } from './gate.ts'
import { rule } from './rule.ts'

type Partial = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor

/** The partial derivatives at the broadcast shape; each is summed back to its operand's shape. */
const partials = (kernelName: string, ofA: Partial, ofB: Partial): tf.GradConfig =>
  rule(kernelName, { inputs: ['a', 'b'] }, ([dy], [a, b]) => ({
    a: () => sumTo(ofA(dy, a, b), a.shape),
    b: () => sumTo(ofB(dy, a, b), b.shape),
  }))

const squaredRadius = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.square(a), tf.square(b))

/** 1 where log is undefined, so that its logarithm is 0 and every higher derivative finite. */
const positiveOrOne = (a: tf.Tensor): tf.Tensor => tf.where(tf.greater(a, 0), a, tf.onesLike(a))

/**
 * Elementwise functions of two arguments, with broadcasting. Conventions: at a tie Maximum and Minimum give the whole
 * gradient to `a`; Pow has no gradient in its exponent where the base is 0 or negative; Mod is piecewise linear in `a`.
 */
export const binary: readonly tf.GradConfig[] = [
  partials(
    'Add',
    (dy) => dy,
    (dy) => dy,
  ),
  rule('Sub', { inputs: ['a', 'b'] }, ([dy], [a, b]) => ({
    a: () => sumTo(dy, a.shape),
    b: () => tf.neg(sumTo(dy, b.shape)),
  })),
  partials(
    'Multiply',
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  rule('RealDiv', { inputs: ['a', 'b'] }, ([dy], [a, b]) => ({
    a: () => sumTo(tf.div(dy, b), a.shape),
    b: () => tf.neg(sumTo(tf.mul(tf.div(dy, b), tf.div(a, b)), b.shape)),
  })),
  rule('SquaredDifference', { inputs: ['a', 'b'] }, ([dy], [a, b]) => ({
    a: () => sumTo(tf.mul(tf.mul(dy, 2), tf.sub(a, b)), a.shape),
    b: () => sumTo(tf.mul(tf.mul(dy, 2), tf.sub(b, a)), b.shape),
  })),
  partials(
    'Maximum',
    (dy, a, b) => gate(tf.greaterEqual(a, b), dy),
    (dy, a, b) => gate(tf.less(a, b), dy),
  ),
  partials(
    'Minimum',
    (dy, a, b) => gate(tf.lessEqual(a, b), dy),
    (dy, a, b) => gate(tf.greater(a, b), dy),
  ),
  partials(
    'Pow',
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    (dy, a, b) => tf.mul(tf.mul(dy, tf.pow(a, b)), tf.log(positiveOrOne(a))),
  ),
  partials(
    'Mod',
    (dy) => dy,
    (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))),
  ),
  partials(
    'Atan2',
    (dy, a, b) => tf.div(tf.mul(dy, b), squaredRadius(a, b)),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), squaredRadius(a, b))),
  ),
  rule('AddN', { everyInput: true }, ([dy], addends) =>
    Object.fromEntries(addends.map((_, i) => [i, () => tf.clone(dy)])),
  ),
]
