import { lastValidIndex, leftPadded, truncateAtStop } from '@gfnlm/env'
import {
  entropyOf,
  maskedMeanTorchtune,
  maskedSum,
  missingStopTorchtune,
  scoreAfterLast,
  scoreAfterLastTorchtune,
  statisticByRow,
} from '@gfnlm/losses'
import { causalBias, labelledLogProbs, positionsOf, responseLogProbs } from '@gfnlm/policy'
import { labelRewards, repetitionPenalty, softOverlong } from '@gfnlm/reward'
import { exponentialRace, keepTopK } from '@gfnlm/sampler'
import * as tf from '@tensorflow/tfjs-core'
import { tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { list, matrix, number, numbers } from '../json.ts'
import type { Checker } from '../run-parity.ts'
import { type Told, cells, shapeOf, toldByHost, toldByTensors } from '../told.ts'
import type { Vector } from '../layouts.ts'

const onHost =
  (told: (inputs: Vector['inputs']) => Told): Checker =>
  ({ inputs, expected }) => [{ part: '', comparisons: toldByHost(expected, told(inputs)) }]

const onTensors =
  (told: (inputs: Vector['inputs']) => Told): Formula =>
  ({ inputs, expected }) => [{ part: '', comparisons: toldByTensors(expected, told(inputs)) }]

const ints = (x: Vector['inputs'][string]): tf.Tensor2D => tf.tensor2d(matrix(x), undefined, 'int32')
const inverted = (mask: ArrayLike<number>): number[] => Array.from(mask, (x) => 1 - x)

export const truncated = onHost(({ sequences, stop_tokens, fill }) => {
  const found = truncateAtStop(cells(sequences), shapeOf(sequences)[1], numbers(stop_tokens), number(fill))
  return { padding_mask: found.padding, sequences: found.tokens }
})

export const truncatedByTRL = onHost(({ responses, stop_token, pad }) => ({
  out: truncateAtStop(cells(responses), shapeOf(responses)[1], [number(stop_token)], number(pad)).tokens,
}))

export const lastIndex = onHost(({ padding_mask }) => ({
  out: lastValidIndex(cells(padding_mask), shapeOf(padding_mask)[1]),
}))

export const penalised = onHost(({ padding_mask, last_index, penalise_no_eos, min_response_length }) => ({
  out: missingStopTorchtune(cells(padding_mask), numbers(last_index), {
    noStop: penalise_no_eos === true,
    ...(min_response_length === null ? {} : { minLength: number(min_response_length) }),
  }),
}))

export const valueStepsOfTorchtune = onHost(({ padding_mask, last_index }) => {
  const { at, valid } = scoreAfterLastTorchtune(numbers(last_index), shapeOf(padding_mask)[1])
  return { value_seq_idx: at, value_padding_mask: inverted(valid) }
})

export const scoreStepsOfTRL = onHost(({ last_index, response_len }) => {
  const { at, valid } = scoreAfterLast(numbers(last_index), number(response_len))
  return { index: at, value_padding_mask: inverted(valid) }
})

/** Columns of padding at the left of each row. */
const padsOf = (valid: readonly (readonly number[])[]): tf.Tensor1D =>
  tf.tensor1d(
    valid.map((row) => row.length - maskedSum(row)),
    'int32',
  )

const rowsOf = (json: Vector['inputs'][string]): number[][] => list(json).map(cells)

export const positions = onTensors(({ valid }) => ({
  out: positionsOf(padsOf(rowsOf(valid)), shapeOf(valid)[1]).dataSync(),
}))

export const visible = onTensors(({ tokens, pad }) => {
  const width = shapeOf(tokens)[1]
  const bias = causalBias(padsOf(rowsOf(tokens).map((row) => row.map((id) => Number(id !== number(pad))))), width)
  return { out: tf.equal(bias, 0).dataSync() }
})

export const paddedLeft = onHost(({ seqs, pad }) => ({
  out: leftPadded(list(seqs).map(numbers), { fill: number(pad) }).tokens,
}))

export const logProbsOfResponses = onTensors(({ logits, response, context_length, temperature }) => ({
  out: responseLogProbs(tensor(logits) as tf.Tensor3D, ints(response), {
    contextLength: number(context_length),
    temperature: number(temperature),
  }).dataSync(),
}))

export const logProbsOfSequences = onTensors(({ logits, labels }) => {
  const { logProb, mask } = labelledLogProbs(tensor(logits) as tf.Tensor3D, ints(labels))
  const mean = statisticByRow(maskedMeanTorchtune, logProb.dataSync(), logProb.shape[1], mask.dataSync())
  return { sum: tf.sum(logProb, 1).dataSync(), mean }
})

export const entropies = onTensors(({ logits }) => ({ out: entropyOf(tensor(logits) as tf.Tensor3D).dataSync() }))

export const raced = onHost(({ logits, uniform, temperature }) => ({
  out: matrix(logits).map((row, i) => exponentialRace(row, matrix(uniform)[i], number(temperature))),
}))

/** The largest logits, as weights that are above 0. */
export const largest = onHost(({ logits, k }) => ({
  out: matrix(logits).flatMap((row) => {
    const weights = Float64Array.from(row, Math.exp)
    keepTopK(weights, number(k))
    return Array.from(weights, (weight) => Number(weight > 0))
  }),
}))

export const rewardsOfLabels = onHost(({ pred, labels, modified, min_reward, custom }) => ({
  out: labelRewards(numbers(pred), numbers(labels), cells(modified), {
    wrong: number(min_reward),
    wrongOfModified: number(custom),
  }),
}))

export const repetitions = onHost(({ ids, n, max_penalty }) => ({
  out: list(ids).map((tokens) => repetitionPenalty({ n: number(n), most: number(max_penalty) })(numbers(tokens))),
}))

export const overlong = onHost(({ lengths, max_len, cache }) => ({
  out: numbers(lengths).map(softOverlong({ maxLength: number(max_len), cache: number(cache) })),
}))
