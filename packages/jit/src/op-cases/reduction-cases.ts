import * as tf from '@tensorflow/tfjs-core'
import { bools, floats, opCase, spread, type OpCase } from './op-case.ts'

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor

const cube = spread([2, 3, 2], -3, 3)

const everyAxis = (kernel: string, f: Reduce): OpCase[] => [
  opCase(kernel, `${kernel} of everything`, [cube], (x) => f(x)),
  opCase(kernel, `${kernel} over the last axis`, [cube], (x) => f(x, -1)),
  opCase(kernel, `${kernel} over the middle axis, kept`, [cube], (x) => f(x, 1, true)),
  opCase(kernel, `${kernel} over two axes`, [cube], (x) => f(x, [0, 2])),
  opCase(kernel, `${kernel} over two axes, kept, negative`, [cube], (x) => f(x, [-1, 0], true)),
  opCase(kernel, `${kernel} over an axis of one`, [spread([3, 1])], (x) => f(x, 1)),
  opCase(kernel, `${kernel} of a scalar`, [floats([1.5], [])], (x) => f(x)),
]

const product = (x: tf.Tensor): tf.Tensor => tf.prod(x, -1)

export const reductionCases: readonly OpCase[] = [
  ...everyAxis('Sum', (x, axis, keepDims) => tf.sum(x, axis, keepDims)),
  ...everyAxis('Mean', (x, axis, keepDims) => tf.mean(x, axis, keepDims)),
  ...everyAxis('Max', (x, axis, keepDims) => tf.max(x, axis, keepDims)),
  ...everyAxis('Min', (x, axis, keepDims) => tf.min(x, axis, keepDims)),
  ...everyAxis('Prod', (x, axis, keepDims) => tf.prod(x, axis, keepDims)),
  opCase('Prod', 'Prod with one zero', [floats([2, 0, -3, 1.5, 2, 0.5], [2, 3])], product),
  opCase('Prod', 'Prod with two zeros', [floats([2, 0, 0, 1.5, 2, 0.5], [2, 3])], product),
  opCase('Sum', 'Sum of booleans', [bools([1, 0, 1, 1], [2, 2])], (x) => tf.cast(tf.sum(x, 1), 'float32')),
  opCase('Sum', 'Sum over an empty axis', [spread([2, 0])], (x) => tf.sum(x, 1)),
  opCase('Softmax', 'Softmax', [spread([2, 4])], (x) => tf.softmax(x)),
  opCase('Softmax', 'Softmax of far logits', [floats([30, 20, -40, 29], [1, 4])], (x) => tf.softmax(x)),
  opCase('Exp', 'logSoftmax', [spread([2, 4])], (x) => tf.logSoftmax(x)),
  opCase('Log', 'logSumExp over two axes', [cube], (x) => tf.logSumExp(x, [1, 2])),
  opCase('Cumsum', 'Cumsum over the last axis', [cube], (x) => tf.cumsum(x, -1)),
  opCase('Cumsum', 'Cumsum over the first axis of a square', [spread([3, 3])], (x) => tf.cumsum(x, 0)),
  opCase('Cumsum', 'Cumsum over the middle axis, exclusive', [cube], (x) => tf.cumsum(x, 1, true)),
  opCase('Cumsum', 'Cumsum over the middle axis, reversed', [cube], (x) => tf.cumsum(x, 1, false, true)),
  opCase('Cumsum', 'Cumsum over the first axis, exclusive, reversed', [cube], (x) => tf.cumsum(x, 0, true, true)),
]
