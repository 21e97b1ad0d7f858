import { hostTensor } from '@gfnlm/jit'
import type { Policy } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'

/**
 * A model whose next-token logits [rows, positions, vocab] are those of a file, whatever it reads: by column, counted
 * from the last token of the prompt, or by the position of a laid-out token.
 */
export const scriptedPolicy = (logits: readonly (readonly number[])[][], promptLength: number): Policy => {
  const [rows, positions, vocabSize] = [logits.length, logits[0].length, logits[0][0].length]
  // Whatever the padding on the left, the first column read is the last of the prompt.
  const logitsOf: Policy['logits'] = ({ logits: given }, _trainable, _input, { count }) =>
    tf.slice(given as tf.Tensor3D, [0, promptLength - 1, 0], [rows, count, vocabSize])
  return {
    name: 'logits of a vector file',
    vocabSize,
    contextLength: positions,
    constants: { logits: hostTensor(Float32Array.from(logits.flat(2)), [rows, positions, vocabSize]) },
    trainable: {},
    logits: logitsOf,
    hidden: logitsOf,
    unembed: (_constants, _trainable, hidden) => hidden,
    branched: ({ logits: given }, _trainable, { branches, after }, { start, count }) => {
      const [, branchCount, length] = branches.shape
      // The first branch leaves where the prompt ends; what is before that in a row is padding.
      const first = after[0] - promptLength
      const positionsOf = after.flatMap((column) =>
        Array.from({ length }, (_, k) => Math.min(column - first + k, positions - 1)),
      )
      const rowStart = tf.tensor2d(
        Int32Array.from({ length: rows }, (_, row) => row * positions),
        [rows, 1],
        'int32',
      )
      const at = tf.add(rowStart, tf.tensor2d(Int32Array.from(positionsOf), [1, positionsOf.length], 'int32'))
      const read = tf.gather(
        tf.reshape(given, [rows * positions, vocabSize]),
        tf.reshape(at, [rows * positionsOf.length]),
      )
      return {
        trunk: tf.slice(given as tf.Tensor3D, [0, start - first, 0], [rows, count, vocabSize]),
        branches: tf.reshape(read, [rows, branchCount, length, vocabSize]),
      }
    },
  }
}
