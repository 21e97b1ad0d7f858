import * as tf from '@tensorflow/tfjs-core'
import { scatterAdd } from '../ops/scatter-add.ts'
import { tokenLogProbs } from '../ops/token-log-probs.ts'
import { bools, floats, ints, opCase, spread, type OpCase } from './op-case.ts'

const table = spread([4, 3])
const cube = spread([2, 3, 4])
const values = floats([3, -1, 2.2, 0.4, 1.5, -2.5, 0.9, 2.9], [2, 4])
const updates = spread([3], 3, 5)

export const gatherCases: readonly OpCase[] = [
  opCase('GatherV2', 'GatherV2 of rows, one twice', [table, ints([2, 0, 2])], (x, i) => tf.gather(x, i)),
  opCase('GatherV2', 'GatherV2 by a matrix of indices', [table, ints([3, 0, 1, 1], [2, 2])], (x, i) => tf.gather(x, i)),
  opCase('GatherV2', 'GatherV2 by a scalar', [table, ints([1], [])], (x, i) => tf.gather(x, i)),
  opCase('GatherV2', 'GatherV2 of the last axis', [cube, ints([3, 3, 0])], (x, i) => tf.gather(x, i, -1)),
  opCase('GatherV2', 'GatherV2 of the middle axis', [cube, ints([2, 0, 2, 2], [2, 2])], (x, i) => tf.gather(x, i, 1)),
  opCase('GatherV2', 'GatherV2 in a batch', [table, ints([2, 0, 1, 1], [4, 1])], (x, i) => tf.gather(x, i, 1, 1)),
  opCase('GatherV2', 'GatherV2 of one element a row', [table, ints([2, 0, 1, 1])], (x, i) => tf.gather(x, i, 1, 1)),
  opCase('GatherV2', 'GatherV2 in a batch, last axis', [cube, ints([3, 0, 3, 1], [2, 2])], (x, i) =>
    tf.gather(x, i, 2, 1),
  ),
  opCase('GatherV2', 'GatherV2 by the largest element', [values], (x) =>
    tf.gather(tf.square(x), tf.argMax(x, -1) as tf.Tensor1D, 1, 1),
  ),
  opCase('UnsortedSegmentSum', 'UnsortedSegmentSum, one segment empty', [table, ints([2, 0, 2, 3])], (x, ids) =>
    tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4),
  ),
  opCase('UnsortedSegmentSum', 'UnsortedSegmentSum of scalars', [spread([4]), ints([1, 1, 0, 1])], (x, ids) =>
    tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 2),
  ),
  opCase('GatherNd', 'GatherNd of elements', [table, ints([0, 2, 3, 1, 0, 2], [3, 2])], (x, i) => tf.gatherND(x, i)),
  opCase('GatherNd', 'GatherNd of rows', [cube, ints([1, 2, 0, 0], [2, 1, 2])], (x, i) => tf.gatherND(x, i)),
  opCase('ScatterNd', 'ScatterNd, one place twice', [ints([4, 0, 4], [3, 1]), updates], (i, u) =>
    tf.scatterND(i, u, [6]),
  ),
  opCase('ScatterNd', 'ScatterNd of rows', [ints([2, 0], [2, 1]), spread([2, 3])], (i, u) =>
    tf.scatterND(i, u, [3, 3]),
  ),
  opCase(
    'TensorScatterUpdate',
    'TensorScatterUpdate of elements',
    [table, ints([0, 2, 3, 1, 1, 0], [3, 2]), updates],
    (x, i, u) => tf.tensorScatterUpdate(x, i, u),
  ),
  opCase('TensorScatterUpdate', 'TensorScatterUpdate of a row', [table, ints([2], [1, 1]), spread([1, 3])], (x, i, u) =>
    tf.tensorScatterUpdate(x, i, u),
  ),
  opCase('GfnlmScatterAdd', 'scatterAdd, one place twice', [spread([4]), ints([1, 3, 1]), updates], (base, i, u) =>
    scatterAdd(base as tf.Tensor1D, i as tf.Tensor1D, u as tf.Tensor1D),
  ),
  opCase('GfnlmScatterAdd', 'tokenLogProbs', [table, ints([2, 0, 1, 1, 0, 0, 2, 1], [4, 2])], (logits, ids) =>
    tokenLogProbs(logits as tf.Tensor2D, ids as tf.Tensor2D),
  ),
  opCase('TopK', 'TopK values', [values], (x) => tf.topk(x, 2).values),
  opCase('TopK', 'TopK values of a vector', [floats([3, -1, 2.2, 0.4])], (x) => tf.topk(x, 3).values),
  opCase('TopK', 'TopK indices', [values], (x) => tf.topk(x, 2).indices, []),
  opCase('OneHot', 'OneHot', [ints([2, 0, 1])], (i) => tf.oneHot(i, 4, 0.9, 0.1, 'float32')),
  opCase('OneHot', 'OneHot of a matrix', [ints([2, 0, 1, 1], [2, 2])], (i) => tf.oneHot(i, 3, 1, 0, 'float32')),
  opCase('Select', 'Select', [bools([1, 0, 0, 1], [2, 2]), spread([2, 2]), spread([2, 2], 3, 4)], (c, t, e) =>
    tf.where(c, t, e),
  ),
  opCase('Select', 'Select with broadcasting', [bools([1, 0], [2, 1]), spread([3]), floats([7], [])], (c, t, e) =>
    tf.where(c, t, e),
  ),
  opCase('Fill', 'Fill', [], () => tf.fill([2, 2], 1.5)),
  opCase('Range', 'Range', [], () => tf.range(1, 7, 2)),
  opCase('LinSpace', 'LinSpace', [], () => tf.linspace(0, 1, 5)),
]
