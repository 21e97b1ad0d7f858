import * as tf from '@tensorflow/tfjs-core'
import { bools, floats, ints, opCase, type OpCase } from './op-case.ts'

const a = ints([7, -3, 0, 4, -8, 2], [2, 3])
const b = ints([2, 5, -3])
const mask = bools([1, 0, 0, 1, 1, 0], [2, 3])

const int32s = (values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32')

type Binary = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor
type Unary = (x: tf.Tensor) => tf.Tensor

const binary = (kernel: string, f: Binary): OpCase => opCase(kernel, `${kernel} of integers, broadcast`, [a, b], f)
const unary = (kernel: string, f: Unary): OpCase => opCase(kernel, `${kernel} of integers`, [a], f)
const logical = (kernel: string, f: Unary): OpCase => opCase(kernel, `${kernel} of booleans`, [mask], f)

/** Token ids, positions and masks: the same operations on int32 and bool. */
export const integerCases: readonly OpCase[] = [
  binary('Add', (x, y) => tf.add(x, y)),
  binary('Sub', (x, y) => tf.sub(x, y)),
  binary('Multiply', (x, y) => tf.mul(x, y)),
  binary('FloorDiv', (x, y) => tf.div(x, y)),
  binary('Mod', (x, y) => tf.mod(x, y)),
  binary('Maximum', (x, y) => tf.maximum(x, y)),
  binary('Minimum', (x, y) => tf.minimum(x, y)),
  binary('SquaredDifference', (x, y) => tf.squaredDifference(x, y)),
  binary('LessEqual', (x, y) => tf.lessEqual(x, y)),
  binary('NotEqual', (x, y) => tf.notEqual(x, y)),
  unary('Abs', (x) => tf.abs(x)),
  unary('Neg', (x) => tf.neg(x)),
  unary('Square', (x) => tf.square(x)),
  unary('ClipByValue', (x) => tf.clipByValue(x, -3, 4)),
  unary('Sum', (x) => tf.sum(x, -1)),
  unary('Max', (x) => tf.max(x, 0)),
  unary('Min', (x) => tf.min(x)),
  unary('Mean', (x) => tf.mean(x, 1)),
  unary('Prod', (x) => tf.prod(x, 0)),
  unary('Cumsum', (x) => tf.cumsum(x, 1)),
  unary('ArgMax', (x) => tf.argMax(x, 1)),
  unary('Cast', (x) => tf.cast(x, 'float32')),
  unary('Reverse', (x) => tf.reverse(x, 1)),
  unary('Slice', (x) => tf.slice(x, [0, 1], [2, 2])),
  unary('Concat', (x) => tf.concat([x, x], 1)),
  unary('PadV2', (x) =>
    tf.pad(
      x,
      [
        [0, 1],
        [1, 0],
      ],
      5,
    ),
  ),
  unary('Tile', (x) => tf.tile(x, [2, 2])),
  unary('Transpose', (x) => tf.transpose(x)),
  unary('Add', (x) => tf.add(x, tf.scalar(0.5))),
  unary('TopK', (x) => tf.topk(x, 2).values),
  unary('GatherV2', (x) => tf.gather(x, int32s([2, 0]), 1)),
  unary('UnsortedSegmentSum', (x) => tf.unsortedSegmentSum(x, int32s([1, 1]), 2)),
  unary('OneHot', (x) => tf.oneHot(tf.abs(x), 4)),
  opCase('Select', 'Select of integers', [mask, a, b], (c, t, e) => tf.where(c, t, e)),
  opCase('Select', 'Select of booleans', [mask, bools([1, 1, 0])], (c, t) => tf.where(c, t, c)),
  opCase('Multiply', 'Multiply of floats by booleans', [floats([0.5, 1.5, -2]), bools([1, 0, 1])], (x, m) =>
    tf.mul(x, m),
  ),
  opCase('Sub', 'Sub of booleans from one', [mask], (m) => tf.sub(1, m)),
  logical('Sum', (x) => tf.sum(x, 1)),
  logical('Concat', (x) => tf.concat([x, x], 0)),
  logical('Slice', (x) => tf.slice(x, [1, 0], [1, 2])),
  logical('PadV2', (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 1],
      ],
      1,
    ),
  ),
  logical('Tile', (x) => tf.broadcastTo(tf.slice(x, [0, 0], [1, 3]), [4, 3])),
  logical('Equal', (x) => tf.equal(x, tf.scalar(false, 'bool'))),
  logical('LogicalNot', (x) => tf.logicalNot(x)),
  logical('Cast', (x) => tf.cast(x, 'int32')),
]
