import '@tensorflow/tfjs-backend-cpu'
import { dynamicFineTuning } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { supervised } from './supervised.ts'
import type { TextBatch } from './texts.ts'

await tf.setBackend('cpu')

const policy = smallLlama()

/** [tokens, vocab] logits of one text, alone on the pure-JS engine. */
const logitsOf = (tokens: readonly number[]): number[][] =>
  tf.tidy(() => {
    const constants = Object.fromEntries(
      Object.entries(policy.constants).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    )
    const input = { tokens: tf.tensor2d([[...tokens]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
    return policy.logits(constants, null, input, { start: 0, count: tokens.length }).arraySync()[0]!
  })

/** log Σ exp. */
const total = (logits: readonly number[]): number => Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))

/** −log p of each token after the first. */
const surprise = (tokens: readonly number[]): number[] => {
  const logits = logitsOf(tokens)
  return tokens.slice(1).map((token, i) => total(logits[i]!) - logits[i]![token]!)
}

const rows: TextBatch['rows'] = [
  { tokens: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), given: 1 },
  { tokens: Int32Array.of(7, 7, 2), given: 2 },
  { tokens: Int32Array.of(3, 1, 4, 1, 5), given: 0 },
]
const learner = (): ReturnType<typeof trainer<TextBatch>> =>
  trainer(policy, { task: supervised(), learningRate: constant(0.05) })

test('the loss is the mean surprise of the tokens that were not given', async () => {
  const wanted = [...surprise([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), surprise([7, 7, 2])[1]!, ...surprise([3, 1, 4, 1, 5])]
  const { loss, 'objective/tokens': tokens } = await learner().update({ rows })
  expect(tokens).toBe(14)
  expect(wanted.length).toBe(14)
  expect(Math.abs(loss! - wanted.reduce((a, b) => a + b, 0) / 14)).toBeLessThan(1e-5)
})

test('it tells how often a token was the likeliest, and on demand the entropy of its place', async () => {
  const states = rows.flatMap(({ tokens, given }) =>
    logitsOf([...tokens])
      .map((logits, i) => ({ logits, next: tokens[i + 1] }))
      .slice(Math.max(0, given - 1), -1),
  )
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length
  const hits = states.map(({ logits, next }) => (logits.indexOf(Math.max(...logits)) === next ? 1 : 0))
  const entropies = states.map(({ logits }) =>
    logits.reduce((sum, x) => sum + Math.exp(x - total(logits)) * (total(logits) - x), 0),
  )
  const told = trainer(policy, { task: supervised({ entropy: true }), learningRate: constant(0.05) })
  const { mean_token_accuracy: accuracy, entropy } = await told.update({ rows, width: 16 })
  expect(states.length).toBe(14)
  expect(mean(hits)).toBeGreaterThan(0)
  expect(accuracy).toBeCloseTo(mean(hits), 6)
  expect(entropy).toBeCloseTo(mean(entropies), 5)
  expect(await learner().update({ rows })).not.toHaveProperty('entropy')
})

test('padding never changes a loss', async () => {
  const { loss } = await learner().update({ rows })
  const { loss: wider } = await learner().update({ rows, width: 20 })
  expect(Math.abs(wider! - loss!)).toBeLessThan(1e-6)
})

test('a text with nothing to learn from counts for nothing', async () => {
  const { loss } = await learner().update({ rows })
  const more = await learner().update({ rows: [...rows, { tokens: Int32Array.of(5, 5, 5), given: 3 }] })
  expect(more['objective/tokens']).toBe(14)
  expect(Math.abs(more['loss']! - loss!)).toBeLessThan(1e-6)
})

test('an empty text counts for nothing, wherever it stands', async () => {
  const { loss } = await learner().update({ rows })
  const empty = { tokens: new Int32Array(0), given: 0 }
  const more = await learner().update({ rows: [empty, ...rows.slice(0, 1), empty, ...rows.slice(1)] })
  expect(more['objective/tokens']).toBe(14)
  expect(Math.abs(more['loss']! - loss!)).toBeLessThan(1e-6)
})

test('it learns a text by heart', async () => {
  const reader = learner()
  const first = await reader.update({ rows: rows.slice(0, 1) })
  for (let step = 0; step < 60; step++) await reader.update({ rows: rows.slice(0, 1) })
  expect((await reader.update({ rows: rows.slice(0, 1) }))['loss']!).toBeLessThan(first['loss']! / 3)
})

test('another loss reads the same tokens', async () => {
  const dft = trainer(policy, { task: supervised({ loss: dynamicFineTuning() }), learningRate: constant(0.05) })
  const { loss } = await dft.update({ rows: rows.slice(1, 2) })
  const [, learned] = surprise([7, 7, 2])
  expect(loss).toBeCloseTo(learned! * Math.exp(-learned!), 5)
})

test('a last token that the policy has not, which no embedding meets, is told by its row and column', async () => {
  const tokens = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 11)
  for (const accumulate of [1, 2]) {
    const { update } = trainer(policy, { task: supervised(), learningRate: constant(0.05), accumulate })
    await expect(update({ rows: [{ tokens, given: 1 }] })).rejects.toMatchObject({
      _tag: 'TokenOutOfVocabulary',
      message: expect.stringMatching(/row 0, column 8: token 11 is none of the 11 of /),
    })
  }
})
