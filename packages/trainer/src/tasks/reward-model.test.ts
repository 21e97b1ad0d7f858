import '@tensorflow/tfjs-backend-cpu'
import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { type PretrainedPolicy, scoreHead } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { smallLlama } from '../testing/small-llama.ts'
import { type Trainer, trainer } from '../trainer.ts'
import { type PreferenceBatch, type PreferredText, rewardModel } from './reward-model.ts'

await tf.setBackend('cpu')

const WORTH = 3
const worth = (tokens: Int32Array): number => tokens.filter((token) => token === WORTH).length

/** Texts of 3 to 8 tokens below 5, of which the one with more of token 3 is preferred. */
const preferences = (seed: number, count: number): PreferredText[] => {
  const text = (pair: number, side: string): Int32Array => {
    const key = fold(keyOf(seed), side, pair)
    return Int32Array.from({ length: 3 + uniformInt(key, 6) }, (_, t) => uniformInt(key, 5, t + 1))
  }
  return Array.from({ length: count }, (_, pair) => [text(pair, 'a'), text(pair, 'b')] as const)
    .filter(([a, b]) => worth(a) !== worth(b))
    .map(([a, b]) => (worth(a) > worth(b) ? { chosen: a, rejected: b } : { chosen: b, rejected: a }))
}

const policy = smallLlama()
const head = scoreHead(policy.config.hidden, 1, { seed: 1 })
const learnerOf = (of: PretrainedPolicy = policy): Trainer<PreferenceBatch> =>
  trainer(of, { task: rewardModel({ head }), learningRate: constant(0.02) })

test('accuracy rises from chance, on pairs that it never saw, too', async () => {
  const learner = learnerOf()
  /** Metrics of pairs, by a learner that stands where this one does and is then forgotten. */
  const accuracyOf = async (pairs: readonly PreferredText[]): Promise<number> => {
    const other = learnerOf()
    other.restore(learner.state())
    return (await other.update({ pairs }))['accuracy']!
  }
  const [known, unseen] = [preferences(1, 40), preferences(2, 80)]
  expect(await accuracyOf(unseen)).toBeLessThan(0.7)
  for (let step = 0; step < 60; step++) await learner.update({ pairs: known })
  expect(await accuracyOf(known)).toBeGreaterThan(0.95)
  expect(await accuracyOf(unseen)).toBeGreaterThan(0.85)
})

/** w · h of the last token, one text alone on the pure-JS engine. */
const scoreOf = (tokens: Int32Array): number =>
  tf.tidy(() => {
    const constants = Object.fromEntries(
      Object.entries(policy.constants).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    )
    const input = { tokens: tf.tensor2d([[...tokens]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
    const hidden = policy.hidden(constants, null, input, { start: tokens.length - 1, count: 1 }).dataSync()
    return Array.from(head['score.weight']!.data).reduce((sum, w, i) => sum + w * hidden[i]!, 0)
  })

test('the loss is that of the scores of its texts, each scored alone, by their margins and weights', async () => {
  const pairs = preferences(3, 6).map((pair, i) => ({ ...pair, margin: i / 4, weight: i % 3 }))
  const found = await learnerOf().update({ pairs })
  const leads = pairs.map(({ chosen, rejected }) => scoreOf(chosen) - scoreOf(rejected))
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length
  const surprises = pairs.map(({ margin, weight }, i) => weight * Math.log1p(Math.exp(margin - leads[i]!)))
  expect(found['loss']).toBeCloseTo(mean(surprises), 5)
  expect(found['margin']).toBeCloseTo(mean(leads), 5)
  expect(found['accuracy']).toBeCloseTo(mean(leads.map((lead) => (lead > 0 ? 1 : 0))), 6)
})

test('padding never changes a score, and a pair of weight 0 teaches nothing', async () => {
  const pairs = preferences(4, 8)
  const [narrow, wide, extra] = [learnerOf(), learnerOf(), learnerOf()]
  const { loss } = await narrow.update({ pairs })
  expect((await wide.update({ pairs, width: 20 }))['loss']).toBeCloseTo(loss!, 6)
  const half = { ...pairs[0]!, weight: 0 }
  // As many pairs again that count for nothing halve the mean and leave the direction.
  const { grad_norm: whole } = await learnerOf().update({ pairs })
  const { grad_norm: diluted } = await extra.update({ pairs: [...pairs, ...pairs.map(() => half)] })
  expect(diluted! * 2).toBeCloseTo(whole!, 4)
})

test('a frozen policy trains the head alone', async () => {
  const learner = learnerOf({ ...policy, trainable: {} })
  const pairs = preferences(5, 12)
  const first = await learner.update({ pairs })
  for (let step = 0; step < 20; step++) await learner.update({ pairs })
  expect((await learner.update({ pairs }))['loss']).toBeLessThan(first['loss']!)
  expect(learner.trainable()).toEqual({})
})

test('a text without a token is told of', async () => {
  const pairs = [...preferences(6, 2), { chosen: Int32Array.of(1), rejected: Int32Array.of() }]
  await expect(learnerOf().update({ pairs })).rejects.toMatchObject({
    _tag: 'TextEmpty',
    message: expect.stringMatching(/^pair \d: the rejected text has no token/),
  })
})
