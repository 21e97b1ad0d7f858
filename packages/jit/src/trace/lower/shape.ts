import * as tf from '@tensorflow/tfjs-core'
import type { GraphBuilder, Value } from '../graph.ts'
import { type Lowerings, cast, reshape } from './lowering.ts'

/** Strided slice; `begin` inclusive, `end` exclusive, per axis. */
const slice = (
  graph: GraphBuilder,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
  shape: readonly number[],
): Value => {
  if (x.splat !== undefined) return graph.splat(x.splat, shape, x.dtype)
  // Axes taken whole need not be named.
  const axes = x.shape.map((_, i) => i).filter((i) => !(begin[i] === 0 && end[i] === x.shape[i] && strides[i] === 1))
  const pick = (v: readonly number[]): Value => graph.ints(axes.map((i) => v[i]!))
  return axes.length === 0
    ? reshape(graph, x, shape)
    : graph.emit('Slice', [x, pick(begin), pick(end), graph.ints(axes), pick(strides)], shape, x.dtype)
}

const transpose = (graph: GraphBuilder, x: Value, perm: readonly number[]): Value => {
  const shape = perm.map((p) => x.shape[p]!)
  if (x.splat !== undefined) return graph.splat(x.splat, shape, x.dtype)
  if (perm.every((p, i) => p === i)) return x
  // Moving axes of size 1 only is a reshape.
  const moved = perm.filter((p) => x.shape[p] !== 1)
  return moved.every((p, i) => i === 0 || p > moved[i - 1]!)
    ? reshape(graph, x, shape)
    : graph.emit('Transpose', [x], shape, x.dtype, { perm })
}

const without = (shape: readonly number[], axis: number): number[] => shape.filter((_, i) => i !== axis)

const split = (graph: GraphBuilder, x: Value, axis: number, sizes: readonly number[]): Value[] => {
  let from = 0
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? from : 0))
    const shape = x.shape.map((d, i) => (i === axis ? size : d))
    from += size
    return slice(
      graph,
      x,
      begin,
      begin.map((b, i) => b + shape[i]!),
      x.shape.map(() => 1),
      shape,
    )
  })
}

/** Reshaping, slicing, joining and repeating. */
export const SHAPE: Lowerings = {
  Reshape: ({ x }, { shape }, graph) =>
    reshape(graph, x!, tf.util.inferFromImplicitShape(shape, tf.util.sizeFromShape([...x!.shape]))),
  ExpandDims: ({ input }, { dim }, graph) => {
    const shape = [...input!.shape]
    shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1)
    return reshape(graph, input!, shape)
  },
  Transpose: ({ x }, { perm }, graph) => transpose(graph, x!, perm),
  Slice: ({ x }, { begin, size }, graph) => {
    const [from, shape] = tf.slice_util.parseSliceParams(
      { shape: [...x!.shape], rank: x!.shape.length } as never,
      begin,
      size,
    )
    return slice(
      graph,
      x!,
      from!,
      from!.map((b, i) => b + shape![i]!),
      x!.shape.map(() => 1),
      shape!,
    )
  },
  StridedSlice: ({ x }, attributes, graph) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes
    const info = tf.slice_util.sliceInfo(
      [...x!.shape],
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    )
    // A negative stride ends before 0: ONNX writes that end as any number below -size.
    const until = info.end.map((e, i) => (info.strides[i]! < 0 && e < 0 ? -x!.shape[i]! - 1 : e))
    const sliced = slice(
      graph,
      x!,
      info.begin,
      until,
      info.strides,
      tf.slice_util.computeOutShape(info.begin, info.end, info.strides),
    )
    return reshape(graph, sliced, info.finalShape)
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }, graph) => {
    const at = tf.util.parseAxisParam(axis, [...x!.shape])[0]!
    const like = { shape: [...x!.shape] } as tf.Tensor
    return split(graph, x!, at, tf.backend_util.prepareSplitSize(like, numOrSizeSplits, at))
  },
  Concat: (inputs, { axis }, graph) => {
    const all = Object.values(inputs)
    const at = tf.util.parseAxisParam(axis, [...all[0]!.shape])[0]!
    const parts = all.filter((v) => v.shape[at] !== 0)
    if (parts.length === 0) return all[0]!
    if (parts.length === 1) return parts[0]!
    const shape = parts[0]!.shape.map((d, i) => (i === at ? parts.reduce((n, v) => n + v.shape[at]!, 0) : d))
    return graph.emit('Concat', parts, shape, parts[0]!.dtype, { axis: at })
  },
  Pack: (inputs, { axis }, graph) => {
    const all = Object.values(inputs)
    const at = axis < 0 ? axis + all[0]!.shape.length + 1 : axis
    const row = [...all[0]!.shape]
    row.splice(at, 0, 1)
    const parts = all.map((v) => reshape(graph, v, row))
    return parts.length === 1
      ? parts[0]!
      : graph.emit(
          'Concat',
          parts,
          row.map((d, i) => (i === at ? parts.length : d)),
          parts[0]!.dtype,
          { axis: at },
        )
  },
  Unpack: ({ value }, { axis }, graph) => {
    const at = axis < 0 ? axis + value!.shape.length : axis
    return split(graph, value!, at, Array<number>(value!.shape[at]!).fill(1)).map((v) =>
      reshape(graph, v, without(value!.shape, at)),
    )
  },
  PadV2: ({ x }, { paddings, constantValue }, graph) => {
    const pads = paddings as readonly (readonly [number, number])[]
    const shape = x!.shape.map((d, i) => d + pads[i]![0] + pads[i]![1])
    if (pads.every(([a, b]) => a === 0 && b === 0)) return x!
    const amounts = graph.ints([...pads.map((p) => p[0]), ...pads.map((p) => p[1])])
    const dtype = x!.dtype === 'bool' ? 'int32' : x!.dtype
    return cast(
      graph,
      graph.emit('Pad', [cast(graph, x!, dtype), amounts, graph.splat(constantValue, [], dtype)], shape, dtype, {
        mode: 'constant',
      }),
      x!.dtype,
    )
  },
  Tile: ({ x }, { reps }, graph) => {
    const shape = x!.shape.map((d, i) => d * reps[i])
    return x!.splat !== undefined
      ? graph.splat(x!.splat, shape, x!.dtype)
      : graph.emit('Tile', [x!, graph.ints(reps)], shape, x!.dtype)
  },
  Reverse: ({ x }, { dims }, graph) => {
    const axes = tf.util.parseAxisParam(dims, [...x!.shape])
    const flip = (i: number): boolean => axes.includes(i)
    return slice(
      graph,
      x!,
      x!.shape.map((d, i) => (flip(i) ? d - 1 : 0)),
      x!.shape.map((d, i) => (flip(i) ? -d - 1 : d)),
      x!.shape.map((_, i) => (flip(i) ? -1 : 1)),
      x!.shape,
    )
  },
  Range: (_, { start, stop, step, dtype }, graph) => {
    const length = Math.max(0, Math.ceil((stop - start) / step))
    const item = (_: unknown, i: number): number => start + i * step
    return graph.constant(
      dtype === 'int32' ? Int32Array.from({ length }, item) : Float32Array.from({ length }, item),
      [length],
      dtype,
    )
  },
  LinSpace: (_, { start, stop, num }, graph) =>
    graph.constant(
      Float32Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1)),
      [num],
      'float32',
    ),
}
