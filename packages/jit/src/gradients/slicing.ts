import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'
import { unslice, type Axis } from './unslice.ts'

/** Per axis of `x`, what a strided slice took; `tf.slice_util` resolves the masks. */
const stridedAxes = (shape: readonly number[], attrs: tf.StridedSliceAttrs): Axis[] => {
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    [...shape],
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  )
  return shape.map((length, i) => ({
    length,
    begin: begin[i],
    stride: strides[i],
    taken: Math.max(0, Math.ceil((end[i] - begin[i]) / strides[i])),
  }))
}

/** Slices and paddings, each other's adjoint. */
export const slicing: readonly tf.GradConfig[] = [
  rule<tf.SliceAttrs>('Slice', { inputs: ['x'] }, ([dy], [x], attrs) => ({
    x: () => {
      const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin, attrs.size)
      return tf.pad(
        dy,
        begin.map((b, i): [number, number] => [b, x.shape[i] - b - size[i]]),
      )
    },
  })),
  rule<tf.StridedSliceAttrs>('StridedSlice', { inputs: ['x'] }, ([dy], [x], attrs) => ({
    x: () => unslice(dy, stridedAxes(x.shape, attrs)),
  })),
  rule<tf.PadV2Attrs>('PadV2', { inputs: ['x'] }, ([dy], [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        paddings.map(([before]) => before),
        x.shape,
      ),
  })),
]
