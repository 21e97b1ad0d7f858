import { type Fault, type Prompt, fault } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import type { Surroundings } from '@gfnlm/reward'
import * as E from 'fp-ts/lib/Either.js'

/** The columns of a prompt's row that stand before and after its completion. */
export interface SurroundingColumns {
  readonly beginning: string
  readonly ending: string
}

/** The text of a row's column, or which row lacks it. */
const textOf = ({ id, row }: Prompt, column: string): E.Either<Fault<'ColumnMissing'>, string> => {
  const found = row[column]
  return typeof found === 'string'
    ? E.right(found)
    : E.left(
        fault(
          'ColumnMissing',
          `prompt "${id}" has ${found === undefined ? 'no' : 'no text in'} column "${column}", which the infilling reward reads; its columns are ${Object.keys(row).join(', ')}`,
          `Add the column, or name another in reward.columns`,
          { id, column },
        ),
      )
}

/**
 * What the infilling reward puts around completions: the beginning with the tokenizer's special tokens (a bos), the
 * ending without. Every row is checked before the run starts, also for its length.
 *
 * @param room tokens that the model takes beside the completion and its terminator
 */
export const surroundingsOf = (
  prompts: readonly Prompt[],
  tokenizer: Tokenizer,
  { beginning, ending }: SurroundingColumns,
  room: number,
): E.Either<Fault, (prompt: Prompt) => Surroundings> => {
  const known = new Map<string, Surroundings>()
  for (const prompt of prompts) {
    const before = textOf(prompt, beginning)
    const after = textOf(prompt, ending)
    if (E.isLeft(before)) return before
    if (E.isLeft(after)) return after
    const around = { before: tokenizer.encode(before.right), after: tokenizer.encode(after.right, { special: false }) }
    const needed = around.before.length + around.after.length
    if (around.before.length === 0 || needed > room)
      return E.left(
        fault(
          'PromptTooLong',
          `prompt "${prompt.id}": beginning and ending have ${around.before.length} and ${around.after.length} tokens; ${room} fit beside the completion, and a beginning needs one`,
          'Shorten them, remove the row, or lower mdp.maxNewTokens',
          { id: prompt.id },
        ),
      )
    known.set(prompt.id, around)
  }
  return E.right(({ id }) => known.get(id)!)
}
