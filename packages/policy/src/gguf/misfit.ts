import { type Either, left } from 'fp-ts/lib/Either.js'

/** What a tokenizer.json asks for that llama.cpp does otherwise. */
export interface Misfit {
  /** Where it is said there: `pre_tokenizer.ByteLevel.use_regex`. */
  readonly feature: string
  /** What it says, and what llama.cpp does. */
  readonly what: string
}

export const misfit = (feature: string, what: string): Either<Misfit, never> => left({ feature, what })
