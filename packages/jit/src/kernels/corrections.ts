import * as tf from '@tensorflow/tfjs-core'
import { rowNumbers, swapMiddle, tableOf } from '../gradients/gather-rows.ts'

/** A kernel made from the one a backend has. */
export interface Correction {
  readonly kernelName: string
  readonly backends: readonly string[]
  readonly correct: (original: tf.KernelFunc) => tf.KernelFunc
}

type Params = Parameters<tf.KernelFunc>[0]

const input = ({ inputs }: Params, name: string): tf.Tensor => inputs[name] as tf.Tensor

const batchOf = (t: tf.TensorInfo): number[] => t.shape.slice(0, -2)

/** Repeats a stack of matrices to the given batch axes. */
const toBatch = (t: tf.Tensor, batch: readonly number[]): tf.Tensor => tf.broadcastTo(t, [...batch, ...t.shape.slice(-2)])

/**
 * The stacks are cycled through, which is broadcasting only when the shorter one's batch axes are the last of the
 * longer one's (leading ones apart): [2, 2] with [2, 1] comes out wrong without a word.
 */
const cycles = (short: number[], long: number[]): boolean => {
  const own = short.slice(Math.max(0, short.findIndex((d) => d !== 1)))
  return own.every((d) => d === 1) || own.every((d, i) => d === long[long.length - own.length + i])
}

const batchMatMul = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const [a, b] = [input(params, 'a'), input(params, 'b')]
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchOf(a), batchOf(b))
  if (cycles(batchOf(a), batch) && cycles(batchOf(b), batch) && [a, b].some((t) => tf.util.sizeFromShape(batchOf(t)) === tf.util.sizeFromShape(batch)))
    return original(params)
  const [left, right] = [toBatch(a, batch), toBatch(b, batch)]
  const product = original({ ...params, inputs: { a: left, b: right } })
  tf.dispose([left, right])
  return product
}

/** A negative axis makes up a shape. */
const cumsum = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const attrs = params.attrs as unknown as tf.CumsumAttrs
  const axis = attrs.axis < 0 ? attrs.axis + input(params, 'x').shape.length : attrs.axis
  return original({ ...params, attrs: { ...attrs, axis } })
}

/** The updates are written into the tensor they should leave alone. */
const tensorScatterUpdate = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const tensor = input(params, 'tensor')
  const copy = tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype)
  const updated = original({ ...params, inputs: { ...params.inputs, tensor: copy } })
  copy.dispose()
  return updated
}

/** Integers are written whatever the element type. */
const oneHot = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const attrs = params.attrs as unknown as tf.OneHotAttrs
  if (attrs.dtype !== 'float32') return original(params)
  return tf.tidy(() => {
    const hits = tf.equal(tf.expandDims(input(params, 'indices'), -1), tf.range(0, attrs.depth, 1, 'int32'))
    return tf.add(tf.mul(tf.cast(hits, 'float32'), attrs.onValue - attrs.offValue), attrs.offValue)
  })
}

/** Elements are copied as bytes where true is what is not zero. */
const cast = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const x = input(params, 'x')
  const { dtype } = params.attrs as unknown as tf.CastAttrs
  return dtype !== 'bool' || x.dtype === 'bool'
    ? original(params)
    : tf.tidy(() => tf.notEqual(x, tf.scalar(0, x.dtype as 'float32' | 'int32')))
}

/** An axis taken at one index leaves the other axes' strides misplaced: slice with every axis kept, then drop it. */
const stridedSlice = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const given = params.attrs as unknown as tf.StridedSliceAttrs
  const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
    input(params, 'x').shape,
    given.begin,
    given.end,
    given.strides,
    given.beginMask,
    given.endMask,
    given.ellipsisMask,
    given.newAxisMask,
    given.shrinkAxisMask,
  )
  // an end before element 0 cannot be said by number
  const endMask = end.reduce((mask, e, i) => (e < 0 ? mask | (1 << i) : mask), 0)
  const masks = { beginMask: 0, endMask, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }
  return { ...(original({ ...params, attrs: { begin, end, strides, ...masks } }) as tf.TensorInfo), shape: finalShape }
}

/** Gathering within a batch reads beyond its rows: gather rows of the whole instead. */
const gatherV2 = (original: tf.KernelFunc): tf.KernelFunc => (params) => {
  const { axis, batchDims } = params.attrs as unknown as tf.GatherV2Attrs
  const [x, indices] = [input(params, 'x'), input(params, 'indices')]
  if (batchDims === 0) return original(params)
  return tf.tidy(() => {
    const at = axis < 0 ? axis + x.rank : axis
    const table = tableOf(x.shape, at, batchDims)
    const { batch, outer, length, inner } = table
    const rows = tf.reshape(swapMiddle(tf.reshape(x, [batch, outer, length, inner])), [batch * length, outer * inner])
    const gathered = tf.gather(rows, rowNumbers(indices, table))
    const shape = [...x.shape.slice(0, at), ...indices.shape.slice(batchDims), ...x.shape.slice(at + 1)]
    return tf.reshape(swapMiddle(tf.reshape(gathered, [batch, indices.size / batch, outer, inner])), shape)
  })
}

/** Kernels that give wrong numbers in TensorFlow.js 4.22, and where. */
export const corrections: readonly Correction[] = [
  { kernelName: 'BatchMatMul', backends: ['cpu', 'wasm'], correct: batchMatMul },
  { kernelName: 'Cumsum', backends: ['cpu', 'wasm'], correct: cumsum },
  { kernelName: 'StridedSlice', backends: ['cpu', 'wasm'], correct: stridedSlice },
  { kernelName: 'GatherV2', backends: ['wasm'], correct: gatherV2 },
  { kernelName: 'TensorScatterUpdate', backends: ['cpu'], correct: tensorScatterUpdate },
  { kernelName: 'OneHot', backends: ['wasm'], correct: oneHot },
  { kernelName: 'Cast', backends: ['wasm'], correct: cast },
]
