import type { TokenReading } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { lora } from '../adapter/lora.ts'
import type { Policy, Tensors } from '../policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { nextTokenLogProbs } from '../response-log-probs.ts'
import { apart, leftPadded, tensorsOf } from '../testing/eager.ts'
import { movedPolicy } from '../testing/moved.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

const rows = [
  [1, 2, 3, 4],
  [5, 6],
]
const columns = { start: 1, count: 2 }

/** Log-probabilities and the slope of a sum of their squares in everything that trains. */
const scored = (policy: Pick<Policy, 'logits' | 'hidden' | 'logProbs' | 'constants' | 'trainable'>) =>
  tf.tidy(() => {
    const constants = tensorsOf(policy.constants)
    const trainable = tensorsOf(policy.trainable)
    const names = Object.keys(trainable)
    const next = tf.tensor2d([3, 4, 6, 0], [2, 2], 'int32')
    const of = (at: Tensors): tf.Tensor2D =>
      nextTokenLogProbs(policy, constants, at, leftPadded(rows, 0), { ...columns, next }).logProb
    const slopes = tf.grads((...values) =>
      tf.sum(tf.square(of(Object.fromEntries(names.map((name, i) => [name, values[i]!]))))),
    )(Object.values(trainable))
    return {
      logProb: of(trainable).arraySync(),
      slopes: Object.fromEntries(slopes.map((slope, i) => [names[i]!, [...slope.dataSync()]])),
    }
  })

const policies = {
  'llama, an adapter of the layers': movedPolicy(SMALL_LLAMA),
  'llama, an adapter of the head': movedPolicy(SMALL_LLAMA, lora({ r: 2, targets: ['q_proj', 'lm_head'] })),
  'gpt2, a tied head': movedPolicy(SMALL_GPT2, lora({ r: 2, targets: ['c_attn'] })),
  'gpt2, every weight': rightOf(randomPolicy(SMALL_GPT2, { seed: 3, train: 'all' })),
  'gemma 2, capped logits': movedPolicy(SMALL_FAMILIES['Gemma 2']!),
}

test.each(Object.entries(policies))('%s: what is read of the logits has no slope', (_, policy) => {
  const slopes = tf.tidy(() => {
    const constants = tensorsOf(policy.constants)
    const trainable = tensorsOf(policy.trainable)
    const names = Object.keys(trainable)
    const next = tf.tensor2d([3, 4, 6, 0], [2, 2], 'int32')
    const readings: Readonly<Record<string, TokenReading>> = {
      mean: ({ logits }) => tf.mean(logits, -1, true),
      logProb: ({ logProb }) => tf.square(logProb),
      largest: ({ largest }) => largest,
    }
    const read = (...values: tf.Tensor[]): tf.Scalar => {
      const at = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      const given = leftPadded(rows, 0)
      const found = nextTokenLogProbs(policy, constants, at, given, { ...columns, next }, readings)
      return tf.sum(tf.stack(Object.values<tf.Tensor>(found.read)))
    }
    return tf
      .grads(read)(Object.values(trainable))
      .flatMap((slope) => [...slope.dataSync()])
  })
  expect(new Set(slopes.map(Math.abs))).toEqual(new Set([0]))
})

test.each([null, movedPolicy(SMALL_GPT2).trainable])(
  'of a frozen head few logits are there at one time',
  (trainable) => {
    const policy = movedPolicy({ ...SMALL_GPT2, n_positions: 1100 })
    const seen: number[] = []
    const size: TokenReading = ({ logits }) => {
      seen.push(logits.shape[0])
      return tf.zeros([logits.shape[0], 1])
    }
    tf.tidy(() => {
      const next = tf.zeros<tf.Rank.R2>([1, 1100], 'int32')
      const own = trainable === null ? null : tensorsOf(trainable)
      const given = { tokens: next, pad: tf.zeros<tf.Rank.R1>([1], 'int32') }
      nextTokenLogProbs(policy, tensorsOf(policy.constants), own, given, { start: 0, count: 1100, next }, { size })
    })
    expect(seen).toEqual([512, 512, 76])
  },
)

test.each(Object.entries(policies))('%s: log-probs, and what trains, as from all logits', (_, policy) => {
  const { logits, constants, trainable } = policy
  const [found, expected] = [scored(policy), scored({ logits, constants, trainable })]
  expect(apart(found.logProb, expected.logProb)).toBeLessThan(1e-5)
  for (const [name, slope] of Object.entries(expected.slopes)) {
    expect(apart(found.slopes[name], slope), name).toBeLessThan(1e-4)
    if (/lm_head|wte/.test(name)) expect(Math.max(...slope.map(Math.abs)), name).toBeGreaterThan(1e-3)
  }
})
