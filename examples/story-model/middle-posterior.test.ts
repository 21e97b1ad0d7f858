import { fold, keyOf } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { logProbability, story } from './grammar.ts'
import { type Middle, middlePosterior } from './middle-posterior.ts'

const posteriors = Array.from({ length: 20 }, (_, i) => {
  const { sentences } = story(fold(keyOf(21), 'posterior', i))
  return { sentences, middles: middlePosterior(sentences.slice(0, 3), sentences[4]!) }
})
const total = (middles: readonly Middle[], of: (middle: Middle) => number) => middles.reduce((sum, m) => sum + of(m), 0)

test('prior and posterior are distributions, and the middle that was told is possible', () => {
  for (const { sentences, middles } of posteriors) {
    expect(total(middles, (m) => m.prior)).toBeCloseTo(1, 9)
    expect(total(middles, (m) => m.posterior)).toBeCloseTo(1, 9)
    expect(middles.find((m) => m.text === sentences[3])!.posterior).toBeGreaterThan(0)
  }
})

test("the posterior is Bayes' rule over log-probabilities of whole texts", () => {
  const { sentences, middles } = posteriors[0]!
  const beginning = sentences.slice(0, 3)
  const joint = (text: string) => logProbability([...beginning, text, sentences[4]!])
  const [a, b] = [middles[0]!, middles[40]!]
  expect(Math.log(a.posterior / b.posterior)).toBeCloseTo(joint(a.text) - joint(b.text), 9)
  expect(Math.log(a.prior)).toBeCloseTo(logProbability([...beginning, a.text]) - logProbability(beginning), 9)
})

test('the ending rules most of the prior out, and leaves tens of middles or more', () => {
  const fitting = posteriors.map(({ middles }) => middles.filter((m) => m.posterior > 0))
  expect(fitting.reduce((sum, f) => sum + total(f, (m) => m.prior), 0) / fitting.length).toBeLessThan(0.3)
  expect(Math.min(...fitting.map((f) => f.length))).toBeGreaterThanOrEqual(20)
})

test('a beginning and an ending of different stories have no middle', () => {
  const [one, two] = posteriors
  expect(() => middlePosterior(one!.sentences.slice(0, 3), two!.sentences[4]!)).toThrow(RangeError)
})
