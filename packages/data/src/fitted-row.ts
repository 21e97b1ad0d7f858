import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import { type Truncation, truncated } from './truncation.ts'

/** A prompt and what may follow it, as token ids: one completion, or the two of a preference. */
export interface TokenRow {
  readonly prompt: Int32Array
  /** Each after the prompt, with its terminator. */
  readonly completions: readonly Int32Array[]
}

export interface FitOptions {
  /** Tokens that prompt and completion may have together, at least 2: one of each. */
  readonly maxLength: number
  /** What stays of a row that has more. Default none: it is a fault. */
  readonly truncate?: Truncation
}

export type RowTooLong = Fault<'RowTooLong'>

/**
 * A row whose completions fit after its prompt, or why it does not: to learn from cut rows unawares is worse than to
 * stop, so that cutting is asked for.
 *
 * | `truncate` | what a row that is too long becomes | whose |
 * |---|---|---|
 * | absent | a fault | |
 * | `keepStart` | its first tokens: completions lose their end and terminator | TRL's `max_length` in SFT, DPO, KTO |
 * | `keepEnd` | its last tokens: the prompt loses its beginning, bos included | HALOs; TRL's `keep_end`, deprecated |
 *
 * What is cut away is not learned from, and a completion without its terminator does not teach when to stop. With
 * `keepEnd` both completions of a preference keep the same prompt, cut for the longer one: TRL cut it for each, so that
 * they were compared after different prompts. A row of which no token of a completion, or none of the prompt, would be
 * left is a fault with either: TRL's KTO drops rows whose prompt fills `max_length`, its DPO keeps them and learns
 * nothing from them.
 *
 * @param at names the row in faults
 * @throws RangeError for a `maxLength` that is no whole number of at least 2
 * @see TRL DPOConfig, KTOConfig; HALOs dataloader.py
 * @example
 * const fit = fittedRow({ maxLength: 1024, truncate: 'keepStart' })
 * fit({ prompt, completions: [chosen, rejected] }, 'pairs.jsonl:3')
 */
export const fittedRow = ({
  maxLength,
  truncate,
}: FitOptions): ((row: TokenRow, at: string) => E.Either<RowTooLong, TokenRow>) => {
  if (!(Number.isSafeInteger(maxLength) && maxLength >= 2))
    throw new RangeError(`fittedRow: maxLength must be a whole number of at least 2, found ${maxLength}`)
  return (row, at) => {
    const { prompt, completions } = row
    const longest = completions.reduce((most, { length }) => Math.max(most, length), 0)
    const tooLong = (why: string, fix: string): E.Either<RowTooLong, never> =>
      E.left(
        fault('RowTooLong', `${at} has ${prompt.length} tokens of prompt and ${longest} of completion, ${why}`, fix, {
          at,
          prompt: prompt.length,
          completion: longest,
          maxLength,
        }),
      )
    if (prompt.length + longest <= maxLength) return E.right(row)
    if (truncate === undefined)
      return tooLong(
        `${maxLength} fit`,
        "Shorten it, remove it, or say what stays of it: truncate 'keepStart' or 'keepEnd'",
      )
    const room = truncate === 'keepStart' ? maxLength - prompt.length : maxLength - longest
    if (room < 1)
      return tooLong(
        `and of ${maxLength} ${truncate} leaves ${truncate === 'keepStart' ? 'the completion' : 'the prompt'} none`,
        'Remove the row, or allow longer ones',
      )
    return E.right(
      truncate === 'keepStart'
        ? { prompt, completions: completions.map((completion) => truncated(completion, room, truncate)) }
        : { prompt: truncated(prompt, room, truncate), completions },
    )
  }
}
