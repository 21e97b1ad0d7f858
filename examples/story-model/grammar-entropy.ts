import type { Facts } from './phrase.ts'
import { entropy, expectedTokens, outcomes } from './phrase-measures.ts'
import { SENTENCES, sentence } from './grammar.ts'

/** Exact expectations over the stories of the grammar. */
export interface GrammarEntropy {
  /** Nats of the story: the least that any model can lose on it, in expectation. */
  readonly story: number
  /** Nats of each sentence given the ones before it; they sum to `story`. */
  readonly sentences: readonly number[]
  /** Expected number of words and punctuation marks of each sentence. */
  readonly sentenceTokens: readonly number[]
  /** Expected number of predicted tokens: words, punctuation marks and the final </s> (certain, 0 nats); not <s>. */
  readonly tokens: number
  /** story / tokens: compare with a held-out loss that is the mean over all predicted tokens, </s> among them. */
  readonly perToken: number
  /** story / (tokens − 1): the same without </s>. */
  readonly perTokenWithoutEnd: number
}

/**
 * What the names and the recipients are changes the words of later sentences, never how many they are or how
 * likely, so plots that differ only there are one state of the sum (the tests hold this to Monte Carlo).
 */
const state = (plot: Facts): string => {
  const { name: _name, recipient: _recipient, ...rest } = plot
  return JSON.stringify(rest)
}

/** The entropy of the grammar in closed form over its choices: H(S1) + Σ_k E[H(S_k | plot so far)]. */
export const grammarEntropy = (): GrammarEntropy => {
  const sentences: number[] = []
  const sentenceTokens: number[] = []
  let plots: readonly { readonly facts: Facts; readonly probability: number }[] = [{ facts: {}, probability: 1 }]
  SENTENCES.forEach((_, index) => {
    const phrases = plots.map(({ facts, probability }) => ({ facts, probability, phrase: sentence(index, facts) }))
    sentences.push(phrases.reduce((sum, { probability, phrase }) => sum + probability * entropy(phrase), 0))
    sentenceTokens.push(phrases.reduce((sum, { probability, phrase }) => sum + probability * expectedTokens(phrase), 0))
    plots = merged(
      phrases.flatMap(({ facts, probability, phrase }) =>
        outcomes(phrase).map((o) => ({ facts: { ...facts, ...o.facts }, probability: probability * o.probability })),
      ),
    )
  })
  const story = sentences.reduce((a, b) => a + b)
  const words = sentenceTokens.reduce((a, b) => a + b)
  return {
    story,
    sentences,
    sentenceTokens,
    tokens: words + 1,
    perToken: story / (words + 1),
    perTokenWithoutEnd: story / words,
  }
}

const merged = (plots: readonly { readonly facts: Facts; readonly probability: number }[]): typeof plots => {
  const states = new Map<string, { facts: Facts; probability: number }>()
  for (const { facts, probability } of plots) {
    const found = states.get(state(facts))
    states.set(state(facts), { facts: found?.facts ?? facts, probability: probability + (found?.probability ?? 0) })
  }
  return [...states.values()]
}
