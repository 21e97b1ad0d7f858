import { type HostTensors, hostTensor } from '@gfnlm/jit'
import type { Policy, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'

/**
 * A policy that is a table: next-token logits of every prefix over the tokens 0 and 1 and the terminator 2, in order
 * of length, then lexicographic (a binary heap: the child of prefix i by token b is 2i + 1 + b). The prompt is one
 * token. As a language model it is like any other: it goes through the sampler, the reward and the loss step.
 *
 * @param logits one row of 3 for each prefix
 */
export const tabularPolicy = (logits: readonly (readonly number[])[]): Policy => {
  const table: HostTensors = { table: hostTensor(Float32Array.from(logits.flat()), [logits.length, 3]) }
  return {
    name: 'table',
    vocabSize: 3,
    contextLength: 64,
    constants: table,
    trainable: table,
    logits: (constants: Tensors, trainable: Tensors | null, { tokens, pad }, { start, count }) => {
      const [rows, width] = tokens.shape
      const column = (c: number): tf.Tensor2D => tf.slice2d(tokens, [0, c], [rows, 1])
      const first = tf.reshape(pad, [rows, 1])
      const prefixes: tf.Tensor[] = []
      let prefix: tf.Tensor = tf.zeros([rows, 1], 'int32')
      for (let c = 0; c < width; c++) {
        const child = tf.add(tf.add(tf.mul(prefix, tf.scalar(2, 'int32')), tf.scalar(1, 'int32')), column(c))
        const begun = tf.greater(tf.scalar(c, 'int32'), first)
        prefix = tf.where(begun, tf.minimum(child, tf.scalar(logits.length - 1, 'int32')), tf.zerosLike(child))
        prefixes.push(prefix)
      }
      const read = tf.concat(prefixes.slice(start, start + count), 1)
      const rowsOf = tf.gather((trainable ?? constants)['table']!, tf.reshape(tf.cast(read, 'int32'), [rows * count]))
      return tf.reshape(rowsOf, [rows, count, 3])
    },
  }
}
