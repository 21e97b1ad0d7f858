import * as tf from '@tensorflow/tfjs-core'

/** What a slice took of one axis: `taken` elements at begin, begin + stride, … of `length`. */
export interface Axis {
  readonly length: number
  readonly begin: number
  readonly stride: number
  readonly taken: number
}

/** Where the elements lie once a negative stride is read backwards. */
const forwards = ({ length, begin, stride, taken }: Axis): Axis =>
  stride > 0
    ? { length, begin, stride, taken }
    : { length, begin: begin + (taken - 1) * stride, stride: -stride, taken }

/** Puts stride - 1 zeros after every element of the strided axes. */
const spread = (t: tf.Tensor, axes: readonly Axis[]): tf.Tensor => {
  if (axes.every(({ stride }) => stride === 1)) return t
  const split = axes.flatMap(({ taken, stride }) => (stride === 1 ? [taken] : [taken, 1]))
  const gaps = axes.flatMap(({ stride }): [number, number][] =>
    stride === 1
      ? [[0, 0]]
      : [
          [0, 0],
          [0, stride - 1],
        ],
  )
  return tf.reshape(
    tf.pad(tf.reshape(t, split), gaps),
    axes.map(({ taken, stride }) => taken * stride),
  )
}

/**
 * The adjoint of a strided slice: zeros of the sliced tensor's shape with `dy` at the places that were taken.
 *
 * @param dy    the slice's gradient, any shape with the right number of elements (dropped or added axes of length 1)
 * @param axes  one entry an axis of the sliced tensor
 */
export const unslice = (dy: tf.Tensor, axes: readonly Axis[]): tf.Tensor => {
  const backwards = axes.flatMap(({ stride }, i) => (stride < 0 ? [i] : []))
  const dense = tf.reshape(
    dy,
    axes.map(({ taken }) => taken),
  )
  const ordered = backwards.length > 0 ? tf.reverse(dense, backwards) : dense
  const placed = axes.map(forwards)
  const spaced = spread(ordered, placed)
  // the last gap may reach past the end
  const sizes = placed.map(({ length, begin, stride, taken }) => Math.min(taken * stride, length - begin))
  const cut = sizes.every((n, i) => n === spaced.shape[i])
    ? spaced
    : tf.slice(
        spaced,
        sizes.map(() => 0),
        sizes,
      )
  return tf.pad(
    cut,
    placed.map(({ length, begin }, i): [number, number] => [begin, length - begin - sizes[i]]),
  )
}
