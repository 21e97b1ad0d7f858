import { tokensOf } from './phrase-measures.ts'
import { vocabulary } from './vocabulary.ts'

const idOf: () => ReadonlyMap<string, number> = (() => {
  let ids: ReadonlyMap<string, number> | undefined
  return () => (ids ??= new Map(vocabulary().map((token, id) => [token, id])))
})()

/**
 * The ids of a text that the grammar can say, without <s>: the same as tokenizer.json gives (a test compares them),
 * for writing a corpus before there is a file. Throws on a word that the vocabulary lacks.
 */
export const storyTokens = (text: string): number[] =>
  tokensOf(text).map((word) => {
    const id = idOf().get(word)
    if (id === undefined) throw new Error(`the story vocabulary has no "${word}"`)
    return id
  })
