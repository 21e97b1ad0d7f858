import * as tf from '@tensorflow/tfjs-core'
import { bools, floats, ints, opCase, spread, type OpCase } from './op-case.ts'

const a = floats([1.2, -0.7, 2.5, -1.9], [2, 2])
const b = floats([-0.8, 1.1], [2])
const numbers = floats([-1.7, -0.3, 0.6, 1.5])
const pairs = [ints([1, 5, 3]), ints([4, 5, 2])]
const truths = [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])]

const float = (t: tf.Tensor): tf.Tensor => tf.cast(t, 'float32')

type Compare = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor

const comparison = (kernel: string, f: Compare): OpCase[] => [
  opCase(kernel, `${kernel}, floats`, [a, b], (x, y) => float(f(x, y))),
  opCase(kernel, `${kernel}, integers`, pairs, (x, y) => float(f(x, y))),
]

export const logicalCases: readonly OpCase[] = [
  ...comparison('Equal', (x, y) => tf.equal(x, y)),
  ...comparison('NotEqual', (x, y) => tf.notEqual(x, y)),
  ...comparison('Less', (x, y) => tf.less(x, y)),
  ...comparison('LessEqual', (x, y) => tf.lessEqual(x, y)),
  ...comparison('Greater', (x, y) => tf.greater(x, y)),
  ...comparison('GreaterEqual', (x, y) => tf.greaterEqual(x, y)),
  opCase('LogicalAnd', 'LogicalAnd', truths, (x, y) => float(tf.logicalAnd(x, y))),
  opCase('LogicalOr', 'LogicalOr', truths, (x, y) => float(tf.logicalOr(x, y))),
  opCase('LogicalNot', 'LogicalNot', [truths[0]], (x) => float(tf.logicalNot(x))),
  opCase('All', 'All over the last axis', [bools([1, 1, 0, 1], [2, 2])], (x) => float(tf.all(x, -1))),
  opCase('Any', 'Any over the first axis', [bools([0, 1, 0, 0], [2, 2])], (x) => float(tf.any(x, 0))),
  opCase('IsNan', 'IsNan', [floats([1, NaN, Infinity])], (x) => float(tf.isNaN(x)), []),
  opCase('IsInf', 'IsInf', [floats([1, NaN, Infinity])], (x) => float(tf.isInf(x)), []),
  opCase('IsFinite', 'IsFinite', [floats([1, NaN, Infinity])], (x) => float(tf.isFinite(x)), []),
  opCase('IsNan', 'IsNan as a branch', [numbers], (x) => tf.where(tf.isNaN(x), tf.zerosLike(x), tf.exp(x))),
  opCase('Cast', 'Cast to int32 truncates', [numbers], (x) => float(tf.cast(x, 'int32'))),
  opCase('Cast', 'Cast to bool', [numbers], (x) => float(tf.cast(x, 'bool'))),
  opCase('Cast', 'Cast of bool to float32', [truths[0]], (x) => float(x)),
  opCase('ArgMax', 'ArgMax over the last axis', [spread([2, 4])], (x) => float(tf.argMax(x, -1))),
  opCase('ArgMin', 'ArgMin over the first axis', [spread([3, 2])], (x) => float(tf.argMin(x, 0))),
  opCase('ZerosLike', 'ZerosLike', [numbers], (x) => tf.zerosLike(x)),
  opCase('OnesLike', 'OnesLike', [numbers], (x) => tf.onesLike(x)),
  opCase('Greater', 'Greater as a branch', [numbers], (x) => tf.where(tf.greater(x, 0), tf.square(x), tf.mul(x, 3))),
]
