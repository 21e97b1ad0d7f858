import * as tf from '@tensorflow/tfjs-core'
import type { GraphBuilder, Value } from '../graph.ts'
import { type Lowerings, broadcasting, cast, reshape } from './lowering.ts'

const zeros = (graph: GraphBuilder, shape: readonly number[], like: Value): Value => graph.splat(0, shape, like.dtype)

/** Adds rows of `updates` into `base` at `indices` [..., depth] of its leading axes; equal indices add up. */
const scatter = (graph: GraphBuilder, base: Value, indices: Value, updates: Value, reduction: 'add' | 'none'): Value =>
  graph.emit('ScatterND', [base, cast(graph, indices, 'int64'), updates], base.shape, base.dtype, { reduction })

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
      return graph.emit('Gather', [x!, cast(graph, indices!, 'int32')], [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)], x!.dtype, { axis: at })
    // Axes between the batch and the gathered one are moved behind it, gathered around, and moved back.
    const middle = at - batch
    const rank = x!.shape.length
    const front = [...Array(batch).keys(), at, ...Array.from({ length: middle }, (_, i) => batch + i), ...Array.from({ length: rank - at - 1 }, (_, i) => at + 1 + i)]
    const moved = middle === 0 ? x! : graph.emit('Transpose', [x!], front.map((p) => x!.shape[p]!), x!.dtype, { perm: front })
    const taken = gatherND(graph, moved, reshape(graph, indices!, [...indices!.shape, 1]), batch)
    if (middle === 0) return taken
    const picked = indices!.shape.length - batch
    const perm = [...Array(batch).keys(), ...Array.from({ length: middle }, (_, i) => batch + picked + i), ...Array.from({ length: picked }, (_, i) => batch + i),
      ...Array.from({ length: rank - at - 1 }, (_, i) => batch + picked + middle + i)]
    return graph.emit('Transpose', [taken], perm.map((p) => taken.shape[p]!), x!.dtype, { perm })
  },
  GatherNd: ({ params, indices }, _, graph) => gatherND(graph, params!, indices!, 0),
  ScatterNd: ({ indices, updates }, { shape }, graph) =>
    scatter(graph, zeros(graph, shape, updates!), indices!, updates!, 'add'),
  TensorScatterUpdate: ({ tensor, indices, updates }, _, graph) => scatter(graph, tensor!, indices!, updates!, 'none'),
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }, graph) => {
    const depth = segmentIds!.shape.length
    const base = zeros(graph, [numSegments, ...x!.shape.slice(depth)], x!)
    return scatter(graph, base, reshape(graph, segmentIds!, [...segmentIds!.shape, 1]), x!, 'add')
  },
  // base [n] plus values [k] added at positions indices [k]: the gradient of reading one number of each row.
  GfnlmScatterAdd: ({ base, indices, values }, _, graph) =>
    graph.emit('ScatterElements', [base!, cast(graph, indices!, 'int32'), values!], base!.shape, base!.dtype, { axis: 0, reduction: 'add' }),
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }, graph) => {
    const range = graph.constant(Int32Array.from({ length: depth }, (_, i) => i), [depth], 'int32')
    const hit = broadcasting(graph, 'Equal', reshape(graph, cast(graph, indices!, 'int32'), [...indices!.shape, 1]), range, 'bool')
    const kind = dtype ?? 'float32'
    return graph.emit('Where', [hit, graph.splat(onValue ?? 1, [], kind), graph.splat(offValue ?? 0, [], kind)], hit.shape, kind)
  },
  TopK: ({ x }, { k, sorted }, graph) => {
    const shape = [...x!.shape.slice(0, -1), k]
    const [values, indices] = graph.emitMany('TopK', [x!, graph.ints([k])], [{ shape, dtype: x!.dtype }, { shape, dtype: 'int64' }], { axis: x!.shape.length - 1, largest: 1, sorted: sorted ? 1 : 0 })
    return [values!, cast(graph, indices!, 'int32')]
  },
}
