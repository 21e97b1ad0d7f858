import * as E from 'fp-ts/lib/Either.js'
import { type Fault, type Prompt, checkCount, fault } from '@gfnlm/env'
import type { Row } from './jsonl.ts'
import { kindOf } from './kind-of.ts'
import { type Truncation, truncated } from './truncation.ts'

/** How text becomes a prompt of a given model. */
export interface PromptOptions {
  /** Token ids of a text, with whatever the model wants in front of it. */
  readonly encode: (text: string) => Int32Array
  /** Tokens a prompt may have, at least 1: the model's context less the longest completion and its terminator. */
  readonly maxPromptLength: number
  /**
   * What stays of a prompt that has more; its `text` stays whole. Default none: it is a fault. TRL's GRPO kept the end
   * while it had `max_prompt_length`, and so do HALOs. A chat template that is cut is no longer one.
   */
  readonly truncate?: Truncation
  /** Columns that hold the prompt and its id (default `prompt` and `id`). */
  readonly columns?: { readonly prompt?: string; readonly id?: string }
}

export type PromptFault = Fault<'ColumnMissing' | 'ColumnType' | 'PromptEmpty' | 'PromptTooLong'>

/**
 * A row as a prompt, in TRL's columns: `prompt` (text, required), `id` (text or integer; the line number if absent);
 * `columns` names others. The row's other columns stay in `row`, for rewards that need more than the prompt.
 *
 * @throws RangeError for a `maxPromptLength` that is no whole number of at least 1
 */
export const promptOfRow = ({
  encode,
  maxPromptLength,
  truncate,
  columns: { prompt: promptColumn = 'prompt', id: idColumn = 'id' } = {},
}: PromptOptions): ((row: Row) => E.Either<PromptFault, Prompt>) => {
  checkCount('promptOfRow', 'maxPromptLength', maxPromptLength)
  return ({ file, line, columns }) => {
    const at = `${file}:${line}`
    const where = { file, line }
    const { [promptColumn]: text, [idColumn]: id = line } = columns
    if (text === undefined) {
      const found =
        Object.keys(columns)
          .map((name) => `"${name}"`)
          .join(', ') || 'nothing'
      return E.left(
        fault(
          'ColumnMissing',
          `${at} has no column "${promptColumn}", only ${found}`,
          `Rename the column that holds the prompt to "${promptColumn}"`,
          where,
        ),
      )
    }
    if (typeof text !== 'string')
      return E.left(
        fault(
          'ColumnType',
          `"${promptColumn}" in ${at} is ${kindOf(text)}, not a string`,
          'Give the prompt as one string; render a list of messages with the chat template first',
          { ...where, column: promptColumn },
        ),
      )
    if (typeof id !== 'string' && !Number.isSafeInteger(id))
      return E.left(
        fault(
          'ColumnType',
          `"${idColumn}" in ${at} is ${kindOf(id)}, not a string or an integer below 2^53`,
          'Give every row a name of its own (write large ids as text), or leave the column out',
          { ...where, column: idColumn },
        ),
      )
    const encoded = encode(text)
    const tokens = truncate === undefined ? encoded : truncated(encoded, maxPromptLength, truncate)
    if (tokens.length === 0)
      return E.left(
        fault(
          'PromptEmpty',
          `the prompt in ${at} has no tokens`,
          "Remove the row, or begin prompts with the model's start token",
          where,
        ),
      )
    if (tokens.length > maxPromptLength)
      return E.left(
        fault(
          'PromptTooLong',
          `the prompt in ${at} has ${tokens.length} tokens, ${maxPromptLength} fit`,
          'Shorten it, remove the row, allow shorter completions, or take a model with a longer context',
          { ...where, tokens: tokens.length, maxPromptLength },
        ),
      )
    return E.right({ id: String(id), text, tokens, row: columns })
  }
}
