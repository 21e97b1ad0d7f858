import { type Prompt } from '@gfnlm/env'
import { readPrompts } from '@gfnlm/data'
import type { Policy, Tokenizer } from '@gfnlm/policy'
import type { Surroundings } from '@gfnlm/reward'
import { type Either, isLeft } from 'fp-ts/lib/Either.js'

/** The value of a Right; the fault of a Left is thrown, to end a script. */
export const rightOrThrow = <A>(result: Either<Error, A>): A => {
  if (isLeft(result)) throw result.left
  return result.right
}

/** Rows of a prompts file, encoded. */
export const readStories = async (file: string, policy: Policy): Promise<readonly Prompt[]> =>
  rightOrThrow(
    await readPrompts(file, {
      encode: (text) => policy.tokenizer!.encode(text),
      maxPromptLength: policy.contextLength - 16,
    })(),
  )

/** What stands around the missing sentence: the beginning with its `<s>`, and the ending. */
export const surroundings =
  (tokenizer: Tokenizer) =>
  ({ row }: Prompt): Surroundings => ({
    before: tokenizer.encode(String(row['beginning'])),
    after: tokenizer.encode(String(row['ending']), { special: false }),
  })
