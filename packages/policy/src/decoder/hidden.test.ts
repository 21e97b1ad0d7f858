import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { randomPolicy } from '../random-policy.ts'
import { eagerLogits, leftPadded, tensorsOf } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

it.each([
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
])('of a small %s, hidden states at columns are what its logits are read from', (_, config) => {
  const policy = rightOf(randomPolicy(config, { seed: 5 }))
  const rows = [
    [1, 2, 3, 4],
    [5, 6],
  ]
  const columns = { start: 1, count: 3 }
  const logits = tf.tidy(() => {
    const constants = tensorsOf(policy.constants)
    const hidden = policy.hidden(constants, null, leftPadded(rows, 0), columns)
    expect(hidden.shape).toEqual([2, 3, policy.config.hidden])
    return policy.unembed(constants, null, hidden).arraySync()
  })
  expect(logits).toEqual(eagerLogits(policy, rows, { trainable: null, columns }))
})
