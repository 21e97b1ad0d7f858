import { fold, keyOf } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { story } from './grammar.ts'
import { grammarEntropy } from './grammar-entropy.ts'
import { tokensOf } from './phrase-measures.ts'

const N = 6000
const stories = Array.from({ length: N }, (_, i) => story(fold(keyOf(11), 'entropy', i)))
const exact = grammarEntropy()

/** Mean of some numbers and its standard error. */
const estimate = (values: readonly number[]): { mean: number; error: number } => {
  const mean = values.reduce((a, b) => a + b) / values.length
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)
  return { mean, error: Math.sqrt(variance / values.length) }
}

test('the mean of −log p over 6000 stories is the exact entropy, to 4 standard errors', () => {
  const { mean, error } = estimate(stories.map(({ logProbability }) => -logProbability))
  expect(error).toBeLessThan(0.05)
  expect(Math.abs(mean - exact.story)).toBeLessThan(4 * error)
})

test('the mean number of tokens is the exact expectation, to 4 standard errors, with </s> counted', () => {
  const { mean, error } = estimate(stories.map(({ sentences }) => tokensOf(sentences.join(' ')).length + 1))
  expect(error).toBeLessThan(0.05)
  expect(Math.abs(mean - exact.tokens)).toBeLessThan(4 * error)
})

test('the sentences add up to the story, and the figures in the README are these', () => {
  expect(exact.sentences.reduce((a, b) => a + b)).toBeCloseTo(exact.story, 9)
  expect(exact.story.toFixed(3)).toBe('35.653')
  expect(exact.perToken.toFixed(4)).toBe('0.5976')
  expect(exact.perTokenWithoutEnd.toFixed(4)).toBe('0.6077')
})
