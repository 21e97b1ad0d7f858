import * as tf from '@tensorflow/tfjs-core'
import { sizeOf } from '../../host-tensor.ts'
import type { GraphBuilder, Value } from '../graph.ts'
import { type Lowering, type Lowerings, cast, reshape } from './lowering.ts'

interface Reduced {
  readonly axes: number[]
  readonly shape: number[]
}

const reduced = (x: Value, axis: number | number[] | undefined, keepDims: boolean): Reduced => {
  const axes = tf.util.parseAxisParam(axis as number, [...x.shape])
  return {
    axes,
    shape: keepDims ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d)) : x.shape.filter((_, i) => !axes.includes(i)),
  }
}

const reduce = (
  graph: GraphBuilder,
  op: string,
  x: Value,
  axis: number | number[] | undefined,
  keepDims: boolean,
): Value => {
  const { axes, shape } = reduced(x, axis, keepDims)
  if (axes.every((a) => x.shape[a] === 1)) return reshape(graph, x, shape)
  return graph.emit(op, [x, graph.ints(axes)], shape, x.dtype, { keepdims: keepDims ? 1 : 0 })
}

const numeric = (graph: GraphBuilder, x: Value): Value => (x.dtype === 'bool' ? cast(graph, x, 'int32') : x)

const reduction =
  (op: string, splat?: (value: number, count: number) => number): Lowering =>
  ({ x }, { axis, keepDims }, graph) => {
    const input = numeric(graph, x!)
    if (input.splat !== undefined && splat !== undefined) {
      const { axes, shape } = reduced(input, axis, keepDims)
      return graph.splat(splat(input.splat, sizeOf(axes.map((a) => input.shape[a]!))), shape, input.dtype)
    }
    return reduce(graph, op, input, axis, keepDims)
  }

const logical =
  (op: string): Lowering =>
  ({ x }, { axis, keepDims }, graph) =>
    cast(graph, reduce(graph, op, cast(graph, x!, 'int32'), axis, keepDims), 'bool')

const arg =
  (op: string): Lowering =>
  ({ x }, { axis }, graph) => {
    const [at] = tf.util.parseAxisParam(axis, [...x!.shape])
    const shape = x!.shape.filter((_, i) => i !== at)
    return cast(graph, graph.emit(op, [numeric(graph, x!)], shape, 'int64', { axis: at!, keepdims: 0 }), 'int32')
  }

/** Rows from which a product sums them faster than `ReduceSum` does. */
const MANY_ROWS = 64

/** Sum over leading axes as a product with a row of ones: ONNX Runtime's reduction takes twice as long there. */
const sumOfRows = (graph: GraphBuilder, x: Value, { axes, shape }: Reduced): Value | undefined => {
  const rows = sizeOf(axes.map((axis) => x.shape[axis]!))
  const leading = axes.length < x.shape.length && axes.toSorted((a, b) => a - b).every((axis, i) => axis === i)
  if (!leading || x.dtype !== 'float32' || rows < MANY_ROWS) return undefined
  const columns = sizeOf(x.shape) / rows
  const ones = graph.splat(1, [1, rows], 'float32')
  const sum = graph.emit('MatMul', [ones, reshape(graph, x, [rows, columns])], [1, columns], 'float32')
  return reshape(graph, sum, shape)
}

const sum = reduction('ReduceSum', (value, count) => value * count)

/** Sums and extremes over axes, running sums, softmax. */
export const REDUCE: Lowerings = {
  Sum: (inputs, attributes, graph) => {
    const x = inputs['x']!
    const short =
      x.splat === undefined ? sumOfRows(graph, x, reduced(x, attributes.axis, attributes.keepDims)) : undefined
    return short ?? sum(inputs, attributes, graph)
  },
  Mean: ({ x }, { axis, keepDims }, graph) =>
    reduction('ReduceMean', (value) => value)({ x: cast(graph, x!, 'float32') }, { axis, keepDims }, graph),
  Max: ({ x }, { reductionIndices, keepDims }, graph) =>
    reduction('ReduceMax', (value) => value)({ x: x! }, { axis: reductionIndices, keepDims }, graph),
  Min: reduction('ReduceMin', (value) => value),
  Prod: reduction('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: arg('ArgMax'),
  ArgMin: arg('ArgMin'),
  Cumsum: ({ x }, { axis, exclusive, reverse }, graph) => {
    const at = axis < 0 ? axis + x!.shape.length : axis
    return graph.emit(
      'CumSum',
      [numeric(graph, x!), graph.constant(Int32Array.of(at), [], 'int32')],
      x!.shape,
      x!.dtype === 'bool' ? 'int32' : x!.dtype,
      { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
    )
  },
  Softmax: ({ logits }, { dim }, graph) =>
    graph.emit('Softmax', [cast(graph, logits!, 'float32')], logits!.shape, 'float32', {
      axis: dim < 0 ? dim + logits!.shape.length : dim,
    }),
  LogSoftmax: ({ logits }, { axis }, graph) =>
    graph.emit('LogSoftmax', [cast(graph, logits!, 'float32')], logits!.shape, 'float32', {
      axis: axis < 0 ? axis + logits!.shape.length : axis,
    }),
}
