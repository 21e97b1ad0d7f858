import { fold, keyOf } from '@gfnlm/env'
import { describe, expect, test } from 'vitest'
import { type Phrase, capital, decide, draw, oneOf, ranked, say, weighted } from './phrase.ts'
import { derivations, entropy, expectedTokens, outcomes, readings, tokensOf } from './phrase-measures.ts'

const coin: Phrase = weighted([3, 'heads'], [1, 'tails'])
const phrase = say`a ${ranked('red', 'blue')} ${coin}.`

describe('phrases', () => {
  test('the entropy of a 3:1 coin is 2 ln 2 − ¾ ln 3 nats', () => {
    expect(entropy(coin)).toBeCloseTo(2 * Math.LN2 - 0.75 * Math.log(3), 12)
  })

  test('the entropy of a sequence is the sum over its parts, and of all derivations the same', () => {
    const all = derivations(phrase).map((d) => d.logProbability)
    expect(entropy(phrase)).toBeCloseTo(-all.reduce((sum, l) => sum + Math.exp(l) * l, 0), 12)
    expect(all.reduce((sum, l) => sum + Math.exp(l), 0)).toBeCloseTo(1, 12)
  })

  test('drawn texts come as often as their probability says (4000 draws, 4 standard errors)', () => {
    const draws = Array.from({ length: 4000 }, (_, i) => draw(phrase, fold(keyOf(7), i)).text)
    for (const { text, logProbability } of derivations(phrase)) {
      const p = Math.exp(logProbability)
      const share = draws.filter((drawn) => drawn === text).length / 4000
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000))
    }
  })

  test('a text that is derived twice has two readings, and a prefix has none', () => {
    const twice = say`${oneOf('', 'a')}${oneOf('', 'a')}`
    expect(readings(twice, 'a')).toHaveLength(2)
    expect(readings(phrase, 'a red heads')).toHaveLength(0)
    expect(readings(phrase, 'a red heads.')[0]!.logProbability).toBeCloseTo(Math.log((2 / 3) * (3 / 4)), 12)
  })

  test('facts of nested choices are joined, and their probabilities do not depend on the words', () => {
    const inner = decide(
      ['x', 'y'],
      () => 1,
      (word) => word,
      (word) => ({ inner: word }),
    )
    const tail = oneOf('a', 'b')
    const outer = decide(
      [1, 2],
      (n) => n,
      (n) => say`${String(n)} ${inner} ${tail}`,
      (n) => ({ outer: `${n}` }),
    )
    const found = outcomes(outer).find(({ facts }) => facts['outer'] === '2' && facts['inner'] === 'y')
    expect(found?.probability).toBeCloseTo(1 / 3, 12)
    expect(outcomes(outer)).toHaveLength(4)
  })

  test('the expected number of tokens counts punctuation, and only the first letter is capitalised', () => {
    expect(expectedTokens(phrase)).toBe(4)
    expect(tokensOf('Soon, a red heads.')).toEqual(['Soon', ',', 'a', 'red', 'heads', '.'])
    expect(derivations(capital(oneOf('soon,', say`a ${'fox'}`))).map((d) => d.text)).toEqual(['Soon,', 'A fox'])
  })
})
