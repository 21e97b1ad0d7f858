import * as tf from '@tensorflow/tfjs-core'
import type { HostTensor } from '../host-tensor.ts'
import { floats, ints, opCase, spread, type OpCase } from './op-case.ts'

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

// away from zero, and from each other where compared
const a = floats([1.2, -0.7, 2.5, -1.9, 0.6, 3.1], [2, 3])
const b = floats([-0.8, 1.1, 1.7, 2.2, -1.4, 0.9], [2, 3])
const column = floats([0.3, -2.6], [2, 1])
const row = floats([1.9, -0.2, -3.3])
const scalar = floats([-1.3], [])

const operands: readonly (readonly [string, HostTensor, HostTensor])[] = [
  ['equal shapes', a, b],
  ['[2, 3] with [3]', a, row],
  ['[] with [2, 3]', scalar, b],
  ['[2, 1] with [3]', column, row],
  ['[1, 2, 1] with [4, 1, 3]', floats([0.35, -2.6], [1, 2, 1]), spread([4, 1, 3], 1, 2)],
]

const broadcasting = (kernel: string, f: Binary, among = operands): OpCase[] =>
  among.map(([name, x, y]) => opCase(kernel, `${kernel}, ${name}`, [x, y], f))

const farFromZero: typeof operands = [
  ['equal shapes', a, spread([2, 3], 1, 3)],
  ['[2, 1] with [3]', column, spread([3], 1, 3)],
  ['[2, 3] with []', a, floats([-1.6], [])],
]

// no quotient within reach of an integer
const quotients: typeof operands = [
  ['[2, 3] with [3]', floats([1.2, -0.7, 2.5, -1.3, 0.6, 3.1], [2, 3]), floats([0.9, 1.3, 0.7])],
]

const positive: typeof operands = [
  ['equal shapes', spread([2, 2], 0.5, 2), spread([2, 2], -1, 2)],
  ['[2, 1] with [3]', spread([2, 1], 0.5, 2), spread([3], -1, 2)],
]

export const binaryCases: readonly OpCase[] = [
  ...broadcasting('Add', (x, y) => tf.add(x, y)),
  ...broadcasting('Sub', (x, y) => tf.sub(x, y)),
  ...broadcasting('Multiply', (x, y) => tf.mul(x, y)),
  ...broadcasting('SquaredDifference', (x, y) => tf.squaredDifference(x, y)),
  ...broadcasting('Maximum', (x, y) => tf.maximum(x, y)),
  ...broadcasting('Minimum', (x, y) => tf.minimum(x, y)),
  ...broadcasting('RealDiv', (x, y) => tf.div(x, y), farFromZero),
  ...broadcasting('Pow', (x, y) => tf.pow(x, y), positive),
  opCase('Pow', 'Pow of negative bases by a constant', [a], (x) => tf.pow(x, tf.scalar(3))),
  ...broadcasting('Mod', (x, y) => tf.mod(x, y), quotients),
  ...broadcasting('FloorDiv', (x, y) => tf.floorDiv(x, y), quotients),
  ...broadcasting('Atan2', (x, y) => tf.atan2(x, y), farFromZero),
  opCase('FloorDiv', 'FloorDiv of integers', [ints([-7, 7, 8]), ints([2])], (x, y) => tf.floorDiv(x, y)),
  opCase('Add', 'Add of integers', [ints([1, 2, 3]), ints([4])], (x, y) => tf.add(x, y)),
  opCase('Multiply', 'Multiply, a tensor by itself', [a], (x) => tf.mul(x, x)),
  opCase('Add', 'Add, a tensor to itself', [a], (x) => tf.add(x, tf.exp(tf.add(x, x)))),
  opCase('AddN', 'AddN', [a, b, floats([1, 2, 3, 4, 5, 6], [2, 3])], (...xs) => tf.addN(xs)),
]
