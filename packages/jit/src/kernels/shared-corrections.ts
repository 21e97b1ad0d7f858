import * as tf from '@tensorflow/tfjs-core'
import { inputOf, type Correction } from './correction.ts'

const batchOf = (t: tf.TensorInfo): number[] => t.shape.slice(0, -2)

/** Repeats a stack of matrices to the given batch axes. */
const toBatch = (t: tf.Tensor, batch: readonly number[]): tf.Tensor =>
  tf.broadcastTo(t, [...batch, ...t.shape.slice(-2)])

/**
 * The stacks are cycled through, which is broadcasting only when the shorter one's batch axes are the last of the
 * longer one's (leading ones apart): [2, 2] with [2, 1] comes out wrong without a word.
 */
const cycles = (short: number[], long: number[]): boolean => {
  const own = short.slice(
    Math.max(
      0,
      short.findIndex((d) => d !== 1),
    ),
  )
  return own.every((d) => d === 1) || own.every((d, i) => d === long[long.length - own.length + i])
}

const batchMatMul =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const [a, b] = [inputOf(params, 'a'), inputOf(params, 'b')]
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchOf(a), batchOf(b))
    const whole = (t: tf.Tensor): boolean => tf.util.sizeFromShape(batchOf(t)) === tf.util.sizeFromShape(batch)
    if ([a, b].every((t) => cycles(batchOf(t), batch)) && [a, b].some(whole)) return original(params)
    const [left, right] = [toBatch(a, batch), toBatch(b, batch)]
    const product = original({ ...params, inputs: { a: left, b: right } })
    tf.dispose([left, right])
    return product
  }

/** A negative axis makes up a shape. */
const cumsum =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const attrs = params.attrs as unknown as tf.CumsumAttrs
    const axis = attrs.axis < 0 ? attrs.axis + inputOf(params, 'x').shape.length : attrs.axis
    return original({ ...params, attrs: { ...attrs, axis } })
  }

/** The updates are written into the tensor they should leave alone. */
const tensorScatterUpdate =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const tensor = inputOf(params, 'tensor')
    const copy = tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype)
    const updated = original({ ...params, inputs: { ...params.inputs, tensor: copy } })
    copy.dispose()
    return updated
  }

/** An axis taken at one index leaves the other axes' strides misplaced: slice with every axis kept, then drop it. */
const stridedSlice =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const given = params.attrs as unknown as tf.StridedSliceAttrs
    const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
      inputOf(params, 'x').shape,
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
    return {
      ...(original({ ...params, attrs: { begin, end, strides, ...masks } }) as tf.TensorInfo),
      shape: finalShape,
    }
  }

/** Kernels that give wrong numbers in TensorFlow.js 4.22 whichever the backend, or in pure JS. */
export const sharedCorrections: readonly Correction[] = [
  { kernelName: 'BatchMatMul', backends: ['cpu', 'wasm'], correct: batchMatMul },
  { kernelName: 'Cumsum', backends: ['cpu', 'wasm'], correct: cumsum },
  { kernelName: 'StridedSlice', backends: ['cpu', 'wasm'], correct: stridedSlice },
  { kernelName: 'TensorScatterUpdate', backends: ['cpu'], correct: tensorScatterUpdate },
]
