import * as tf from '@tensorflow/tfjs-core'
import { rowNumbers, swapMiddle, tableOf } from '../gradients/gather-rows.ts'
import { inputOf, type Correction } from './correction.ts'

/** Integers are read as floats. */
const clipByValue =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const x = inputOf(params, 'x')
    const { clipValueMin, clipValueMax } = params.attrs as unknown as tf.ClipByValueAttrs
    return x.dtype === 'float32'
      ? original(params)
      : tf.tidy(() => tf.cast(tf.clipByValue(tf.cast(x, 'float32'), clipValueMin, clipValueMax), x.dtype))
  }

/** Booleans are written as wider elements, over whatever lies behind them. */
const select =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const [condition, t, e] = ['condition', 't', 'e'].map((name) => inputOf(params, name))
    return t.dtype !== 'bool'
      ? original(params)
      : tf.tidy(() => tf.logicalOr(tf.logicalAnd(condition, t), tf.logicalAnd(tf.logicalNot(condition), e)))
  }

/** Gathering within a batch reads beyond its rows: gather rows of the whole instead. */
const gatherV2 =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const { axis, batchDims } = params.attrs as unknown as tf.GatherV2Attrs
    const [x, indices] = [inputOf(params, 'x'), inputOf(params, 'indices')]
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

/** Integers are written whatever the element type. */
const oneHot =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const attrs = params.attrs as unknown as tf.OneHotAttrs
    if (attrs.dtype !== 'float32') return original(params)
    return tf.tidy(() => {
      const hits = tf.equal(tf.expandDims(inputOf(params, 'indices'), -1), tf.range(0, attrs.depth, 1, 'int32'))
      return tf.add(tf.mul(tf.cast(hits, 'float32'), attrs.onValue - attrs.offValue), attrs.offValue)
    })
  }

/** Elements are copied as bytes where true is what is not zero. */
const cast =
  (original: tf.KernelFunc): tf.KernelFunc =>
  (params) => {
    const x = inputOf(params, 'x')
    const { dtype } = params.attrs as unknown as tf.CastAttrs
    return dtype !== 'bool' || x.dtype === 'bool'
      ? original(params)
      : tf.tidy(() => tf.notEqual(x, tf.scalar(0, x.dtype as 'float32' | 'int32')))
  }

/** 1 + x forgets the low bits of a small x: Kahan's form, log(u) x / (u - 1) with u = 1 + x, makes up for them. */
const log1p = (): tf.KernelFunc => (params) =>
  tf.tidy(() => {
    const x = inputOf(params, 'x')
    const u = tf.add(x, 1)
    const low = tf.sub(u, 1)
    const lost = tf.equal(low, 0)
    const small = tf.where(lost, x, tf.div(tf.mul(tf.log(u), x), tf.where(lost, tf.onesLike(x), low)))
    return tf.where(tf.less(tf.abs(x), 0.5), small, tf.log(u))
  })

const correct = (kernelName: string, correction: Correction['correct']): Correction => ({
  kernelName,
  backends: ['wasm'],
  correct: correction,
})

/** Kernels that give wrong numbers in TensorFlow.js 4.22's wasm backend. */
export const wasmCorrections: readonly Correction[] = [
  correct('Cast', cast),
  correct('ClipByValue', clipByValue),
  correct('GatherV2', gatherV2),
  correct('Log1p', log1p),
  correct('OneHot', oneHot),
  correct('Select', select),
]
