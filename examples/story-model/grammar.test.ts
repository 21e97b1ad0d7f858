import { fold, keyOf } from '@gfnlm/env'
import { describe, expect, test } from 'vitest'
import { SENTENCES, logProbability, plotsOf, sentence, story } from './grammar.ts'
import { NAMES } from './lexicon/heroes.ts'
import { MEANS } from './lexicon/means.ts'
import { OBSTACLES } from './lexicon/obstacles.ts'
import { WANTS } from './lexicon/wants.ts'
import { type Facts, type Phrase } from './phrase.ts'
import { derivations, outcomes } from './phrase-measures.ts'

const stories = (n: number, seed = 1) => Array.from({ length: n }, (_, i) => story(fold(keyOf(seed), 'test', i)))

/** Every distinct sentence distribution for one hero of each pronoun and one recipient. */
const everySentence = (): Phrase[] => {
  const found: Phrase[] = [sentence(0, {})]
  let plots: Facts[] = Object.entries(NAMES).map(([pronoun, names]) => ({ pronoun, name: names[0]! }))
  for (let index = 1; index < SENTENCES.length; index++) {
    const phrases = new Map(plots.map((plot) => [sentence(index, plot), plot]))
    found.push(...phrases.keys())
    plots = plots.flatMap((plot) =>
      outcomes(sentence(index, plot))
        .map(({ facts }) => ({ ...plot, ...facts }))
        .filter((next: Facts) => next['recipient'] === 'mother'),
    )
  }
  return found
}

describe('the grammar', () => {
  test('no sentence has two derivations, so a text tells its plot and every choice of words', () => {
    for (const phrase of everySentence()) {
      const texts = derivations(phrase).map((d) => d.text)
      expect(new Set(texts).size).toBe(texts.length)
    }
  })

  test('every sentence that can be said has 5 to 12 words and one full stop, at its end', () => {
    const odd = everySentence()
      .flatMap((phrase) => derivations(phrase).map((d) => d.text))
      .filter((text) => !/^[A-Z]\w*,?( \w+,?){4,11}\.$/.test(text))
    expect(odd).toEqual([])
  })

  test('reading a story back gives the plot and the log-probability it was drawn with', () => {
    for (const { sentences, plot, logProbability: drawn } of stories(50)) {
      expect(plotsOf(sentences)).toHaveLength(1)
      expect(plotsOf(sentences)[0]!.plot).toEqual(plot)
      expect(logProbability(sentences)).toBeCloseTo(drawn, 9)
    }
  })

  test('a story with an ending that names another helper is impossible', () => {
    const told = stories(200).find(({ sentences }) => sentences[4]!.includes('wise owl'))!
    const other = told.sentences[4]!.replace('wise owl', 'busy beaver')
    expect(logProbability(told.sentences)).toBeGreaterThan(-80)
    expect(logProbability([...told.sentences.slice(0, 4), other])).toBe(-Infinity)
  })

  test('the same key draws the same story, another key another', () => {
    expect(story(keyOf(3))).toEqual(story(keyOf(3)))
    expect(new Set(stories(300).map(({ sentences }) => sentences.join(' '))).size).toBe(300)
  })

  test('every want, obstacle and means comes up, and each fits the one before it', () => {
    const plots = stories(3000).map(({ plot }) => plot)
    expect(new Set(plots.map((plot) => plot.want)).size).toBe(WANTS.length)
    expect(new Set(plots.map((plot) => plot.obstacle)).size).toBe(Object.keys(OBSTACLES).length)
    expect(new Set(plots.map((plot) => plot.means)).size).toBe(Object.keys(MEANS).length)
    expect(plots.every((plot) => OBSTACLES[plot.obstacle]!.means.includes(plot.means))).toBe(true)
  })
})
