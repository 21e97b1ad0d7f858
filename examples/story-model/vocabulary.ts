import { sentence } from './grammar.ts'
import { NAMES, PRONOUNS } from './lexicon/heroes.ts'
import { OBSTACLES } from './lexicon/obstacles.ts'
import { RECIPIENTS, WANTS } from './lexicon/wants.ts'
import { type Facts, type Phrase, isChoice } from './phrase.ts'
import { outcomes, tokensOf } from './phrase-measures.ts'

/** Special tokens, in order of id; the last two mark the parts of an infilling prompt. */
export const SPECIAL = ['<unk>', '<s>', '</s>', '<pad>', '<ending>', '<beginning>'] as const

export const specialId = (token: (typeof SPECIAL)[number]): number => SPECIAL.indexOf(token)

const collect = (phrase: Phrase, words: Set<string>): void => {
  if (typeof phrase === 'string') for (const word of tokensOf(phrase)) words.add(word)
  else if (isChoice(phrase)) for (const option of phrase.options) collect(option.phrase, words)
  else for (const part of phrase) collect(part, words)
}

/**
 * Every word and punctuation mark that a story can have, in code-unit order. Each sentence is walked for every
 * combination of the facts that bring words into it; who the recipient is brings one word, so that fact is walked
 * on its own.
 */
export const words = (): string[] => {
  const found = new Set<string>(RECIPIENTS)
  collect(sentence(0, {}), found)
  for (const pronoun of Object.keys(PRONOUNS)) {
    const hero: Facts = { name: NAMES[pronoun]![0]!, pronoun }
    collect(sentence(1, hero), found)
    for (const { noun, obstacles } of WANTS) {
      const wanting = { ...hero, want: noun, recipient: RECIPIENTS[0]! }
      collect(sentence(2, wanting), found)
      for (const obstacle of obstacles) {
        if (OBSTACLES[obstacle] === undefined) throw new Error(`want ${noun} names an unknown obstacle ${obstacle}`)
        const stuck = { ...wanting, obstacle }
        collect(sentence(3, stuck), found)
        for (const { facts } of outcomes(sentence(3, stuck))) collect(sentence(4, { ...stuck, ...facts }), found)
      }
    }
  }
  return [...found].sort((a, b) => (a < b ? -1 : 1))
}

/** The whole vocabulary: a token's index is its id. */
export const vocabulary: () => readonly string[] = (() => {
  let all: readonly string[] | undefined
  return () => (all ??= [...SPECIAL, ...words()])
})()
