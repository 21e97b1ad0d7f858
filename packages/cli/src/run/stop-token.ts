import { type Fault, type TokenMDP, fault } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'

/**
 * The id of a token that a person names: by its own string, by text that is one token, or by its number.
 *
 * @param field where it was named, for the message
 */
export const tokenNamed = (
  tokenizer: Tokenizer,
  word: string | number,
  field: string,
): E.Either<Fault<'TokenUnknown'>, number> => {
  if (typeof word === 'number')
    return word < tokenizer.vocabSize
      ? E.right(word)
      : E.left(
          fault(
            'TokenUnknown',
            `${field}: there is no token ${word}, ids end at ${tokenizer.vocabSize - 1}`,
            'Give the id of a token of this model',
          ),
        )
  const id = tokenizer.idOf(word)
  if (id !== undefined) return E.right(id)
  const ids = [...tokenizer.encode(word, { special: false })]
  // A tokenizer maps what it does not know to one token too: only text that comes back is meant.
  if (ids.length === 1 && tokenizer.decode(ids).trim() === word.trim()) return E.right(ids[0]!)
  const pieces = ids.map((piece) => JSON.stringify(tokenizer.tokenOf(piece) ?? '')).join(' ')
  return E.left(
    fault(
      'TokenUnknown',
      `${field}: "${word}" is no token of this model${ids.length > 1 ? `, it is ${ids.length}: ${pieces}` : ''}`,
      'Name one token of its tokenizer.json',
    ),
  )
}

/** The tokens that end completions: the one named and no other, or else all that end the model's own. */
export const stopTokens = (
  tokenizer: Tokenizer,
  word: string | number | undefined,
  field: string,
): E.Either<Fault, Required<Pick<TokenMDP, 'terminator' | 'ends'>>> => {
  if (word !== undefined)
    return E.Functor.map(tokenNamed(tokenizer, word, field), (terminator) => ({ terminator, ends: [] }))
  const [terminator, ...ends] = tokenizer.ends
  return terminator !== undefined
    ? E.right({ terminator, ends })
    : E.left(
        fault(
          'StopMissing',
          "the model's tokenizer has no end-of-sequence token",
          `Name one with ${field}, for example "."`,
        ),
      )
}
