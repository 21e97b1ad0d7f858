import * as tf from '@tensorflow/tfjs-core'
import { sizeOf } from '../../host-tensor.ts'
import type { GraphBuilder, Value } from '../graph.ts'
import { type Lowerings, broadcasting, cast, reshape } from './lowering.ts'

/**
 * zeros [rows, inner] with `updates` [n, inner] added at the rows `ids` [n]; equal ids add up, ids below 0 are dropped.
 *
 * Not ScatterND: ONNX Runtime's CPU kernel of it adds duplicates on several threads without a lock, and loses some.
 * ScatterElements adds them one after another, so the sum is right and the same every time.
 */
const addRows = (graph: GraphBuilder, ids: Value, updates: Value, rows: number): Value => {
  const [n, inner] = updates.shape as [number, number]
  const whole = cast(graph, ids, 'int32')
  const below = broadcasting(graph, 'Less', whole, graph.splat(0, [], 'int32'), 'bool')
  const kept = graph.emit('Where', [below, graph.splat(rows, [], 'int32'), whole], [n], 'int32')
  // Each number by its position: with two axes, ONNX Runtime counts both for every number, and takes twice as long.
  // What is beyond the last row stays beyond it, where it is refused, and does not come round to another.
  const type = (rows + 2) * inner < 2 ** 31 ? 'int32' : 'int64'
  const bounded = broadcasting(graph, 'Min', kept, graph.splat(rows + 1, [], 'int32'), 'int32')
  const starts = broadcasting(graph, 'Mul', cast(graph, bounded, type), graph.splat(inner, [], type), type)
  const columns = cast(graph, graph.constant(Int32Array.from(Array(inner).keys()), [inner], 'int32'), type)
  const places = broadcasting(graph, 'Add', reshape(graph, starts, [n, 1]), columns, type)
  const length = (rows + 1) * inner
  // One row more takes what is dropped.
  const base = graph.emit('Expand', [graph.splat(0, [], updates.dtype), graph.ints([length])], [length], updates.dtype)
  const given = [base, reshape(graph, places, [n * inner]), reshape(graph, updates, [n * inner])]
  const sums = graph.emit('ScatterElements', given, [length], updates.dtype, { axis: 0, reduction: 'add' })
  const size = rows * inner
  const wanted = graph.emit(
    'Slice',
    [sums, graph.ints([0]), graph.ints([size]), graph.ints([0])],
    [size],
    updates.dtype,
  )
  return reshape(graph, wanted, [rows, inner])
}

/** The row of a [shape] array that an index [..., depth] of its leading axes names. */
const rowIds = (graph: GraphBuilder, indices: Value, shape: readonly number[]): Value => {
  const depth = indices.shape.at(-1)!
  const strides = Int32Array.from({ length: depth }, (_, i) => sizeOf(shape.slice(i + 1, depth)))
  const scaled = broadcasting(
    graph,
    'Mul',
    cast(graph, indices, 'int32'),
    graph.constant(strides, [depth], 'int32'),
    'int32',
  )
  const axis = indices.shape.length - 1
  return graph.emit('ReduceSum', [scaled, graph.ints([axis])], indices.shape.slice(0, -1), 'int32', { keepdims: 0 })
}

const gatherND = (graph: GraphBuilder, x: Value, indices: Value, batchDims: number): Value => {
  const depth = indices.shape.at(-1)!
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batchDims + depth)]
  return graph.emit('GatherND', [x, cast(graph, indices, 'int64')], shape, x.dtype, { batch_dims: batchDims })
}

/** Reading and adding at indices. */
export const GATHER: Lowerings = {
  GatherV2: ({ x, indices }, { axis, batchDims }, graph) => {
    const at = tf.util.parseAxisParam(axis, [...x!.shape])[0]!
    const batch = (batchDims ?? 0) as number
    if (batch === 0)
      return graph.emit(
        'Gather',
        [x!, cast(graph, indices!, 'int32')],
        [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)],
        x!.dtype,
        { axis: at },
      )
    // Axes between the batch and the gathered one are moved behind it, gathered around, and moved back.
    const middle = at - batch
    const rank = x!.shape.length
    const front = [
      ...Array(batch).keys(),
      at,
      ...Array.from({ length: middle }, (_, i) => batch + i),
      ...Array.from({ length: rank - at - 1 }, (_, i) => at + 1 + i),
    ]
    const moved =
      middle === 0
        ? x!
        : graph.emit(
            'Transpose',
            [x!],
            front.map((p) => x!.shape[p]!),
            x!.dtype,
            { perm: front },
          )
    const taken = gatherND(graph, moved, reshape(graph, indices!, [...indices!.shape, 1]), batch)
    if (middle === 0) return taken
    const picked = indices!.shape.length - batch
    const perm = [
      ...Array(batch).keys(),
      ...Array.from({ length: middle }, (_, i) => batch + picked + i),
      ...Array.from({ length: picked }, (_, i) => batch + i),
      ...Array.from({ length: rank - at - 1 }, (_, i) => batch + picked + middle + i),
    ]
    return graph.emit(
      'Transpose',
      [taken],
      perm.map((p) => taken.shape[p]!),
      x!.dtype,
      { perm },
    )
  },
  GatherNd: ({ params, indices }, _, graph) => gatherND(graph, params!, indices!, 0),
  ScatterNd: ({ indices, updates }, { shape }, graph) => {
    const depth = indices!.shape.at(-1)!
    const [rows, inner] = [sizeOf(shape.slice(0, depth)), sizeOf(shape.slice(depth))]
    const n = sizeOf(indices!.shape.slice(0, -1))
    const ids = reshape(graph, rowIds(graph, indices!, shape), [n])
    return reshape(graph, addRows(graph, ids, reshape(graph, updates!, [n, inner]), rows), shape)
  },
  TensorScatterUpdate: ({ tensor, indices, updates }, _, graph) =>
    graph.emit('ScatterND', [tensor!, cast(graph, indices!, 'int64'), updates!], tensor!.shape, tensor!.dtype, {
      reduction: 'none',
    }),
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }, graph) => {
    const depth = segmentIds!.shape.length
    const [n, inner] = [sizeOf(segmentIds!.shape), sizeOf(x!.shape.slice(depth))]
    const sums = addRows(graph, reshape(graph, segmentIds!, [n]), reshape(graph, x!, [n, inner]), numSegments)
    return reshape(graph, sums, [numSegments, ...x!.shape.slice(depth)])
  },
  // base [n] plus values [k] added at positions indices [k]: the gradient of reading one number of each row.
  GfnlmScatterAdd: ({ base, indices, values }, _, graph) =>
    graph.emit('ScatterElements', [base!, cast(graph, indices!, 'int32'), values!], base!.shape, base!.dtype, {
      axis: 0,
      reduction: 'add',
    }),
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }, graph) => {
    const range = graph.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    )
    const hit = broadcasting(
      graph,
      'Equal',
      reshape(graph, cast(graph, indices!, 'int32'), [...indices!.shape, 1]),
      range,
      'bool',
    )
    const kind = dtype ?? 'float32'
    return graph.emit(
      'Where',
      [hit, graph.splat(onValue ?? 1, [], kind), graph.splat(offValue ?? 0, [], kind)],
      hit.shape,
      kind,
    )
  },
  TopK: ({ x }, { k, sorted }, graph) => {
    const shape = [...x!.shape.slice(0, -1), k]
    const [values, indices] = graph.emitMany(
      'TopK',
      [x!, graph.ints([k])],
      [
        { shape, dtype: x!.dtype },
        { shape, dtype: 'int64' },
      ],
      { axis: x!.shape.length - 1, largest: 1, sorted: sorted ? 1 : 0 },
    )
    return [values!, cast(graph, indices!, 'int32')]
  },
}
