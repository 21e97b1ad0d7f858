import { type Fault, fault } from '@gfnlm/env'
import type { Policy } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'

/** Tokens a prompt may have beside the longest completion and its terminator. */
export const promptLimit = (
  { contextLength }: Policy,
  maxNewTokens: number,
  field: string,
): E.Either<Fault, number> => {
  const limit = contextLength - maxNewTokens - 1
  return limit >= 1
    ? E.right(limit)
    : E.left(
        fault(
          'CompletionTooLong',
          `${field} is ${maxNewTokens}, but the model takes ${contextLength} tokens in all`,
          `Ask for at most ${contextLength - 2}`,
        ),
      )
}
