import * as tf from '@tensorflow/tfjs-core'
import { floats, opCase, spread, type OpCase } from './op-case.ts'

const matrix = spread([2, 3])
const cube = spread([2, 3, 4])

export const layoutCases: readonly OpCase[] = [
  opCase('Reshape', 'Reshape', [matrix], (x) => tf.reshape(x, [3, -1])),
  opCase('Reshape', 'Reshape of a scalar', [floats([1], [])], (x) => tf.reshape(x, [1, 1])),
  opCase('ExpandDims', 'ExpandDims, last', [matrix], (x) => tf.expandDims(x, -1)),
  opCase('Reshape', 'squeeze', [spread([2, 1, 3])], (x) => tf.squeeze(x, [1])),
  opCase('Transpose', 'Transpose of a matrix', [matrix], (x) => tf.transpose(x)),
  opCase('Transpose', 'Transpose by a cycle', [cube], (x) => tf.transpose(x, [2, 0, 1])),
  opCase('Reverse', 'Reverse of two axes', [cube], (x) => tf.reverse(x, [0, -1])),
  opCase('Reverse', 'Reverse of one axis', [cube], (x) => tf.reverse(x, 1)),
  opCase('Tile', 'Tile', [matrix], (x) => tf.tile(x, [2, 3])),
  opCase('Tile', 'Tile, one axis left alone', [cube], (x) => tf.tile(x, [2, 1, 2])),
  opCase('Tile', 'Tile by one', [matrix], (x) => tf.tile(x, [1, 1])),
  opCase('Tile', 'broadcastTo of a row', [spread([3])], (x) => tf.broadcastTo(x, [2, 3])),
  opCase('Tile', 'broadcastTo of inner axes', [spread([2, 1, 1])], (x) => tf.broadcastTo(x, [2, 3, 2])),
  opCase('Slice', 'Slice of a block', [cube], (x) => tf.slice(x, [0, 1, 2], [2, 2, 1])),
  opCase('Slice', 'Slice to the end', [cube], (x) => tf.slice(x, [1], [-1])),
  opCase('Slice', 'Slice of nothing', [matrix], (x) => tf.slice(x, [0, 1], [2, 0])),
  opCase('PadV2', 'PadV2', [matrix], (x) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      7,
    ),
  ),
  opCase('StridedSlice', 'StridedSlice by two', [spread([7])], (x) => tf.stridedSlice(x, [1], [7], [2])),
  opCase('StridedSlice', 'StridedSlice that ends short', [spread([8])], (x) => tf.stridedSlice(x, [0], [6], [4])),
  opCase('StridedSlice', 'StridedSlice backwards', [spread([6])], (x) => tf.stridedSlice(x, [4], [0], [-2])),
  opCase('StridedSlice', 'StridedSlice of a block', [cube], (x) =>
    tf.stridedSlice(x, [0, 0, -3], [2, 3, 4], [1, 2, 1]),
  ),
  opCase('StridedSlice', 'StridedSlice backwards to the start', [matrix], (x) =>
    tf.stridedSlice(x, [0, -1], [2, 0], [1, -1], 0, 2),
  ),
  opCase('StridedSlice', 'StridedSlice with an ellipsis, an axis dropped and an axis added', [cube], (x) =>
    tf.stridedSlice(x, [0, 0, 1, 0], [0, 0, 2, 4], [1, 1, 1, 3], 8, 8, 1, 2, 4),
  ),
  opCase('StridedSlice', 'StridedSlice at one index, backwards elsewhere', [cube], (x) =>
    tf.stridedSlice(x, [-1, 2, 3], [0, 0, 0], [1, -1, -2], 0, 6, 0, 0, 1),
  ),
  opCase('Concat', 'Concat of unequal lengths', [matrix, spread([2, 1]), spread([2, 2], 3, 4)], (...xs) =>
    tf.concat(xs, -1),
  ),
  opCase('Concat', 'Concat with nothing', [matrix, spread([0, 3])], (...xs) => tf.concat(xs, 0)),
  opCase('Pack', 'Pack, first axis', [matrix, spread([2, 3], 3, 4)], (...xs) => tf.stack(xs)),
  opCase('Pack', 'Pack, last axis', [matrix, spread([2, 3], 3, 4)], (...xs) => tf.stack(xs, -1)),
  opCase('SplitV', 'SplitV into equal parts', [cube], (x) => {
    const [first, second] = tf.split(x, 2, -1)
    return tf.mul(first, second)
  }),
  opCase('SplitV', 'SplitV by sizes, one part unread', [spread([6])], (x) => {
    const [first, , third] = tf.split(x, [2, 1, 3])
    return tf.concat([tf.square(first), third])
  }),
  opCase('SplitV', 'SplitV into one', [spread([3])], (x) => tf.split(x, 1)[0]),
  opCase('Unpack', 'Unpack, middle axis, one part unread', [cube], (x) => {
    const [first, , third] = tf.unstack(x, 1)
    return tf.mul(first, third)
  }),
  opCase('Unpack', 'Unpack, last axis', [matrix], (x) => tf.addN(tf.unstack(x, -1))),
  opCase('Unpack', 'Unpack into one', [spread([2, 1])], (x) => tf.unstack(x, 1)[0]),
]
