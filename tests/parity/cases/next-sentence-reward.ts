import { type Trajectories, exceptTokens, tokenMDP } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import { type Policy, reference } from '@gfnlm/policy'
import { likelihood } from '@gfnlm/reward'
import * as tf from '@tensorflow/tfjs-core'
import { isLeft } from 'fp-ts/lib/Either.js'
import { inFloat32 } from '../comparison.ts'
import { lengthsOf } from '../rollout-columns.ts'
import type { Checker } from '../run-parity.ts'
import { flatten, list, matrix, number, numbers } from '../vector-file.ts'

/** A model whose next-token logits [rows, positions, vocab] are those of a file. */
const scripted = (logits: readonly (readonly number[])[][], promptLength: number): Policy => {
  const [rows, positions, vocabSize] = [logits.length, logits[0].length, logits[0][0].length]
  return {
    name: 'logits of a vector file',
    vocabSize,
    contextLength: positions,
    constants: { logits: hostTensor(Float32Array.from(logits.flat(2)), [rows, positions, vocabSize]) },
    trainable: {},
    // Whatever the padding on the left, the first column read is the last of the prompt.
    logits: ({ logits: given }, _trainable, _input, { count }) =>
      tf.slice(given as tf.Tensor3D, [0, promptLength - 1, 0], [rows, count, vocabSize]),
  }
}

/**
 * log R of every prefix under a frozen model. The reference's −99 below the minimum length is a mask of the MDP here,
 * so those cells are not compared.
 */
export const nextSentenceReward: Checker = async ({ inputs, expected }) => {
  const promptLength = number(inputs.prompt_length)
  const terminator = number(inputs.termination_token_id)
  const ids = matrix(inputs.ids)
  const maxLength = ids[0].length - promptLength
  const width = maxLength + 1
  const length = Int32Array.from(lengthsOf(inputs.ids, promptLength, terminator, maxLength))
  const promptOf = (row: readonly number[]): Int32Array => Int32Array.from(row.slice(0, promptLength))
  const policy = scripted(list(inputs.logits).map(matrix), promptLength)
  const batch: Trajectories = {
    step: 0,
    seed: 0,
    mdp: tokenMDP({ terminator, maxLength }),
    rows: ids.length,
    width,
    prompts: ids.map((row, i) => ({ id: `${i}`, text: '', tokens: promptOf(row), row: {} })),
    group: Int32Array.from(ids, (_, row) => row),
    tokens: Int32Array.from(ids.flatMap((row) => [...row.slice(promptLength), terminator])),
    length,
    logPF: new Float32Array(ids.length * width).fill(NaN),
    logBehaviour: new Float32Array(ids.length * width).fill(NaN),
    origin: ids.map(() => 'dataset' as const),
  }
  const logitShift = exceptTokens(policy.vocabSize, numbers(inputs.illegal_ids), number(inputs.vocab_alpha))
  const scored = await likelihood(reference(policy), { logitShift })(batch)()
  if (isLeft(scored)) throw scored.left
  const { logReward } = scored.right
  const cells = (from: number): number[] =>
    [...logReward.keys()].filter((cell) => cell % width >= from && cell % width <= length[Math.floor(cell / width)])
  return [
    {
      part: '',
      comparisons: Object.entries(expected).map(([key, values]) => {
        const compared = cells(key === 'log_r' ? number(inputs.min_len) : 0)
        const wanted = flatten(values)
        return inFloat32(key, compared.map((cell) => logReward[cell]), compared.map((cell) => wanted[cell]))
      }),
    },
  ]
}
