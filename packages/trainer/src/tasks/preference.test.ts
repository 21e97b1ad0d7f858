import '@tensorflow/tfjs-backend-cpu'
import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { desensitised, dpo, ipoPerToken, likelihoodOfChosen, multiLoss, orpo, simPo } from '@gfnlm/losses'
import { frozen, reference } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { sgd } from '../optimizer/sgd.ts'
import { constant } from '../schedule.ts'
import { STOP, smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import type { CompletionPair, CompletionPairs, PairLogProbs } from './completion-pairs.ts'
import { precomputed, withReference } from './pair-reference.ts'
import { preference, referenceFreePreference } from './preference.ts'
import type { Task } from './task.ts'

await tf.setBackend('cpu')

const policy = smallLlama()

/** Prompts of 1 to 3 tokens; chosen completions are of tokens below 5, rejected ones of those from 5 on. */
const pairsOf = (seed: number, count: number): CompletionPair[] => {
  const draw = (pair: number, what: string, most: number, from: number, to: number): Int32Array => {
    const key = fold(keyOf(seed), what, pair)
    return Int32Array.from({ length: 1 + uniformInt(key, most) }, (_, t) => from + uniformInt(key, to - from, t + 1))
  }
  return Array.from({ length: count }, (_, pair) => ({
    prompt: draw(pair, 'prompt', 3, 0, STOP),
    chosen: Int32Array.of(...draw(pair, 'chosen', 4, 0, 5), STOP),
    rejected: Int32Array.of(...draw(pair, 'rejected', 4, 5, STOP), STOP),
  }))
}

const learnerOf = (task: Task<CompletionPairs>) => trainer(policy, { task, learningRate: constant(0.02) })

/** [tokens, vocab] logits of a completion's tokens, alone on the pure-JS engine with the adapter off. */
const logitsOf = (prompt: Int32Array, completion: Int32Array): tf.Tensor3D =>
  tf.tidy(() => {
    const constants = Object.fromEntries(
      Object.entries(policy.constants).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    )
    const tokens = tf.tensor2d([[...prompt, ...completion]], undefined, 'int32')
    const input = { tokens, pad: tf.tensor1d([0], 'int32') }
    const columns = { start: prompt.length - 1, count: completion.length }
    return policy.logits(constants, null, input, columns)
  })

/** Σ log p of a completion's tokens. */
const logProbOf = (prompt: Int32Array, completion: Int32Array): number => {
  const logP = tf.logSoftmax(logitsOf(prompt, completion)).arraySync()[0]!
  return completion.reduce((sum, token, t) => sum + logP[t]![token]!, 0)
}

const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length

test('an adapter of 0 is the reference: DPO starts at ln 2; log-probabilities are those of texts alone', async () => {
  const pairs = pairsOf(1, 6)
  const found = await learnerOf(preference(dpo())).update({ pairs })
  expect(found['loss']).toBeCloseTo(Math.LN2, 6)
  expect(found['rewards/margins']).toBeCloseTo(0, 6)
  for (const side of ['chosen', 'rejected'] as const) {
    const alone = pairs.map((pair) => logProbOf(pair.prompt, pair[side]))
    expect(found[`logps/${side}`]).toBeCloseTo(mean(alone), 4)
    const logits = pairs.map((pair) => mean([...logitsOf(pair.prompt, pair[side]).dataSync()]))
    expect(found[`logits/${side}`]).toBeCloseTo(mean(logits), 5)
  }
})

test('what is chosen gets likelier than what is rejected, on prompts that it never saw, too', async () => {
  const learner = learnerOf(preference(dpo({ beta: 0.5 })))
  for (let step = 0; step < 60; step++) await learner.update({ pairs: pairsOf(100 + step, 16), width: 8 })
  const { loss, 'rewards/accuracies': accuracy } = await learner.update({ pairs: pairsOf(3, 40) })
  expect(accuracy).toBeGreaterThan(0.9)
  expect(loss).toBeLessThan(Math.LN2 / 2)
})

test.each([
  ['IPO per token', preference(ipoPerToken({ beta: 0.2 }))],
  [
    'DPO with likelihood',
    preference(
      multiLoss([
        [1, dpo()],
        [0.5, likelihoodOfChosen()],
      ]),
    ),
  ],
  ['SimPO', referenceFreePreference(simPo())],
  ['ORPO', referenceFreePreference(orpo())],
])('%s learns', async (_, task) => {
  const learner = learnerOf(task)
  const pairs = pairsOf(4, 12)
  const first = await learner.update({ pairs })
  for (let step = 0; step < 25; step++) await learner.update({ pairs })
  const last = await learner.update({ pairs })
  expect(last['loss']!).toBeLessThan(first['loss']! * 0.8)
  expect(last['rewards/accuracies']!).toBeGreaterThan(0.9)
})

test('a precomputed reference makes the same update as the adapter off, and another policy makes another', async () => {
  const pairs = pairsOf(5, 5)
  const [inGraph, before] = [learnerOf(preference(dpo())), learnerOf(preference(dpo(), { reference: precomputed }))]
  const judged = await withReference(reference(policy), pairs, { at: 2 })
  for (let step = 0; step < 3; step++) {
    const [a, b] = [await inGraph.update({ pairs }), await before.update({ pairs: judged })]
    for (const [name, value] of Object.entries(a)) expect(b[name]).toBeCloseTo(value, 4)
  }
  const [moved] = await withReference(frozen(policy, inGraph.trainable()), pairs)
  expect(moved!.reference!.chosen).not.toBeCloseTo(judged[0]!.reference!.chosen, 2)
})

test.each([0, -1, 1.5, NaN])('pairs are scored a whole number at once, not %s', async (at) => {
  await expect(withReference(reference(policy), pairsOf(5, 2), { at })).rejects.toThrow(
    `withReference: at must be a whole number of at least 1, found ${at}`,
  )
})

test('length-desensitised: the tail of the longer completion counts for nothing, under policy and reference', async () => {
  const [pair] = pairsOf(9, 1)
  const long = { ...pair!, chosen: Int32Array.of(1, 2, 3, STOP), rejected: Int32Array.of(7, STOP) }
  const other = { ...long, chosen: Int32Array.of(1, 2, 4, 4, STOP) }
  const logProbs: PairLogProbs = (tokens) => desensitised(tokens, 0)
  const moved = async (of: CompletionPair) => {
    const [judged] = await withReference(reference(policy), [of], { logProbs })
    const inGraph = learnerOf(preference(dpo(), { logProbs }))
    const before = learnerOf(preference(dpo(), { logProbs, reference: precomputed }))
    for (let step = 0; step < 3; step++) {
      const [a, b] = [
        await inGraph.update({ pairs: [of], width: 8 }),
        await before.update({ pairs: [judged!], width: 8 }),
      ]
      expect(a['loss']).toBeCloseTo(b['loss']!, 5)
    }
    return inGraph.state().parameters
  }
  const [a, b] = [await moved(long), await moved(other)]
  a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(1e-6))
})

test('padding never changes a loss, and a pair of weight 0 teaches nothing', async () => {
  const pairs = pairsOf(6, 4)
  const moved = async (batch: CompletionPairs) => {
    const learner = learnerOf(referenceFreePreference(simPo()))
    const { loss } = await learner.update(batch)
    return { loss: loss!, parameters: learner.state().parameters }
  }
  const narrow = await moved({ pairs })
  expect((await moved({ pairs, width: 20 })).loss).toBeCloseTo(narrow.loss, 5)
  const weighed = pairs.map((pair, i) => ({ ...pair, weight: i === 0 ? 0 : 1 }))
  const other = [{ ...weighed[0]!, chosen: pairs[1]!.chosen }, ...weighed.slice(1)]
  const [a, b] = [await moved({ pairs: weighed, width: 20 }), await moved({ pairs: other, width: 20 })]
  expect(b.parameters).toEqual(a.parameters)
})

test.each([
  ['DPO', preference(dpo({ beta: 0.5 }), { reference: precomputed })],
  [
    'DPO with likelihood',
    preference(
      multiLoss([
        [1, dpo()],
        [0.5, likelihoodOfChosen()],
      ]),
    ),
  ],
  ['ORPO', referenceFreePreference(orpo())],
])('%s: gradients of single pairs add up to those of the batch', async (_, task) => {
  const judged = await withReference(reference(policy), pairsOf(8, 5))
  const pairs = judged.map((pair, i) => ({ ...pair, weight: i % 3 }))
  const updated = async (accumulate: number) => {
    const learner = trainer(policy, { task, learningRate: constant(0.1), optimizer: sgd(), accumulate })
    const metrics = [await learner.update({ pairs }), await learner.update({ pairs })]
    return { metrics: metrics[1]!, parameters: learner.state().parameters }
  }
  const [whole, parts] = [await updated(1), await updated(5)]
  parts.parameters.forEach((value, i) => expect(Math.abs(value - whole.parameters[i]!)).toBeLessThan(1e-5))
  for (const [name, value] of Object.entries(whole.metrics)) expect(parts.metrics[name], name).toBeCloseTo(value, 4)
})

test('a pair with nothing to score, or without its reference, is told of', async () => {
  const [pair] = pairsOf(7, 1)
  const none = Int32Array.of()
  const failed = (task: Task<CompletionPairs>, pairs: CompletionPair[]) =>
    expect(learnerOf(task).update({ pairs })).rejects
  await failed(preference(dpo()), [pair!, { ...pair!, rejected: none }]).toMatchObject({
    _tag: 'CompletionEmpty',
    message: expect.stringMatching(/^pair 1, rejected: the completion has no token/),
  })
  await failed(preference(dpo()), [{ ...pair!, prompt: none }]).toMatchObject({ _tag: 'PromptEmpty' })
  await failed(preference(dpo(), { reference: precomputed }), [pair!]).toMatchObject({ _tag: 'ReferenceMissing' })
})
