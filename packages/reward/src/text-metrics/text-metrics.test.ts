import { expect, test } from 'vitest'
import { promptOf } from '../testing/trajectories-of.ts'
import { bleu, bleuTokens, corpusBleu } from './bleu.ts'
import { chrF } from './chrf.ts'
import { meteor } from './meteor.ts'
import { rouge } from './rouge.ts'
import { type TextMetric, againstReferences } from './text-metric.ts'

const METRICS: readonly (readonly [string, TextMetric])[] = [
  ['bleu', bleu()],
  ['chrF', chrF()],
  ['chrF++', chrF({ wordOrder: 2 })],
  ['rouge 1', rouge('1')],
  ['rouge 2', rouge('2')],
  ['rouge L', rouge('L')],
  ['rouge Lsum', rouge('Lsum')],
]

test.each(METRICS)(
  '%s: the reference itself is worth 1, nothing in common 0, and the best reference counts',
  (_, of) => {
    const text = 'The cat sat on the mat.'
    expect(of(text, [text])).toBeCloseTo(1, 12)
    expect(of('', [text])).toBe(0)
    expect(of(text, [''])).toBe(0)
    expect(of('xyz', [text])).toBe(0)
    const partly = of(text, ['A cat sat on the mat.'])
    expect(partly).toBeGreaterThan(0)
    expect(partly).toBeLessThan(1)
    expect(of(text, ['Dogs run.', text, 'A cat.'])).toBeCloseTo(1, 12)
  },
)

// sacreBLEU's own numbers are in tests/parity/fixtures/metrics.json; here is what is easy to get wrong.
test('BLEU of a text shorter than four tokens is 0 unless the order is an effective one', () => {
  expect(bleu()('yes it is', ['yes it is'])).toBe(0)
  expect(bleu({ effectiveOrder: true })('yes it is', ['yes it is'])).toBeCloseTo(1, 12)
  expect(corpusBleu([], [])).toBe(0)
  expect(() => corpusBleu(['a'], [])).toThrow('1 texts and references of 0')
  expect(bleuTokens('3.14 is near pi, "nearly" e-2.')).toEqual([
    '3.14',
    'is',
    'near',
    'pi',
    ',',
    '"',
    'nearly',
    '"',
    'e-2',
    '.',
  ])
  expect(() => bleu({ tokenize: 'zh' as 'none' })('a', ['a'])).toThrow('tokenize must be one of 13a, intl, none')
})

// Lin 2004, §3.2: the union of the common subsequences is w1 w2 w3 w5, 4 of 5 words of the reference, 4 of 10 of the text.
test('ROUGE-Lsum joins what the lines of a text have in common with each of the reference', () => {
  expect(rouge('Lsum')('w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5', ['w1 w2 w3 w4 w5'])).toBeCloseTo((2 * 4) / 15, 12)
  expect(() => rouge('3' as '1')).toThrow('kind must be one of 1, 2, L, Lsum')
})

// NLTK's doctest of meteor_score: 0.6944, its synonyms having no part in it.
test('METEOR matches words and their stems, in the order that costs least', () => {
  const text = 'It is a guide to action which ensures that the military always obeys the commands of the party'
  const reference = 'It is a guide to action that ensures that the military will forever heed Party commands'
  expect(meteor()(text, [reference])).toBeCloseTo(0.6944, 4)
  expect(meteor()('running', ['runs'])).toBeCloseTo(0.5, 12)
})

test('a reward against references reads them off the prompt; without any it does not judge', async () => {
  const asked = (row: Record<string, unknown>) => ({
    prompt: { ...promptOf('p', [1]), row },
    text: 'a cat',
    tokens: Int32Array.of(1),
  })
  const judge = againstReferences(rouge('1'))
  expect(
    await judge([
      asked({ references: ['a dog', 'a cat'] }),
      asked({ reference: 'a dog' }),
      asked({ references: [] }),
      asked({}),
    ]),
  ).toEqual([1, 0.5, null, null])
})
