import * as tf from '@tensorflow/tfjs-core'

const host = (t: tf.TensorInfo): ArrayLike<number> => (t as tf.Tensor).dataSync()

/**
 * out[s] = Σ of the rows of x whose segment id is s, in one pass over x. Ids outside [0, numSegments) drop their row.
 *
 * @param x           [rows, ...] float32 or int32
 * @param segmentIds  [rows] int32
 * @returns [numSegments, ...]
 */
export const unsortedSegmentSum: tf.KernelFunc = ({ inputs, attrs }) => {
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo }
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs
  if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== x.shape[0])
    throw new RangeError(`segment ids of shape [${segmentIds.shape}] do not name the rows of [${x.shape}]`)
  const rest = x.shape.slice(1)
  const width = tf.util.sizeFromShape(rest)
  const [from, ids] = [host(x), host(segmentIds)]
  const sums = x.dtype === 'int32' ? new Int32Array(numSegments * width) : new Float32Array(numSegments * width)
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row]
    if (segment < 0 || segment >= numSegments) continue
    for (let i = 0; i < width; i++) sums[segment * width + i] += from[row * width + i]
  }
  return tf.tensor(sums, [numSegments, ...rest], x.dtype === 'int32' ? 'int32' : 'float32')
}
