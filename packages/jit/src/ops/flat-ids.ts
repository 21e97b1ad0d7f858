import * as tf from '@tensorflow/tfjs-core'

/** Elements that int32 can count. */
const MOST = 2 ** 31

/**
 * Where the logits of tokens lie among all [n · vocab]: row · vocab + id.
 *
 * @param ids [n, k] int32, from 0 to vocab − 1: a graph cannot tell another from an id of a neighbouring row
 * @returns [n, k] int32
 * @throws RangeError where int32 cannot count the logits
 */
export const flatIds = (ids: tf.Tensor2D, vocab: number): tf.Tensor2D => {
  const n = ids.shape[0]
  if (n * vocab > MOST)
    throw new RangeError(
      `${n} rows of ${vocab} logits are more than the ${MOST} that int32 counts: score fewer rows at a time (\`accumulate\`)`,
    )
  const rowStart = tf.mul(tf.range(0, n, 1, 'int32'), tf.scalar(vocab, 'int32'))
  return tf.add(tf.cast(ids, 'int32'), tf.reshape(rowStart, [n, 1]))
}
