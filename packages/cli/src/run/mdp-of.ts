import { type Fault, type TokenMDP, fault, tokenMDP } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Config } from '../config/config.ts'
import { stopTokens, tokenNamed } from './stop-token.ts'

const idsOf = (
  tokenizer: Tokenizer,
  words: readonly (string | number)[],
  field: string,
): E.Either<Fault, readonly number[]> =>
  E.traverseArrayWithIndex((i, word: string | number) => tokenNamed(tokenizer, word, `${field}[${i}]`))(words)

/** [vocab] 0 for the tokens that may be generated and those that end it, −∞ for the others; undefined where all may. */
const shiftOf = (
  vocab: number,
  ends: readonly number[],
  allowed: readonly number[] | undefined,
  forbidden: readonly number[],
): Float32Array | undefined => {
  if (allowed === undefined && forbidden.length === 0) return undefined
  const shift = new Float32Array(vocab).fill(allowed === undefined ? 0 : -Infinity)
  for (const id of allowed ?? []) shift[id] = 0
  for (const id of ends) shift[id] = 0
  for (const id of forbidden) shift[id] = -Infinity
  return shift
}

/** The token MDP of a config, for a model's vocabulary. */
export const mdpOf = ({ mdp }: Pick<Config, 'mdp'>, tokenizer: Tokenizer, vocab: number): E.Either<Fault, TokenMDP> =>
  pipe(
    E.Do,
    E.bind('stops', () => stopTokens(tokenizer, mdp.stop, 'mdp.stop')),
    E.bind('allowed', () =>
      mdp.allowed === undefined ? E.right(undefined) : idsOf(tokenizer, mdp.allowed, 'mdp.allowed'),
    ),
    E.bind('forbidden', () => idsOf(tokenizer, mdp.forbidden, 'mdp.forbidden')),
    E.filterOrElse(
      ({ stops, forbidden }) => !forbidden.includes(stops.terminator),
      (): Fault =>
        fault(
          'ConfigInvalid',
          'mdp.forbidden has the token that ends completions',
          'Remove it there, or name another mdp.stop',
        ),
    ),
    E.map(({ stops, allowed, forbidden }) => {
      const logitShift = shiftOf(vocab, [stops.terminator, ...stops.ends], allowed, forbidden)
      return tokenMDP({
        ...stops,
        maxLength: mdp.maxNewTokens,
        minLength: mdp.minNewTokens,
        ...(logitShift === undefined ? {} : { logitShift }),
      })
    }),
  )
