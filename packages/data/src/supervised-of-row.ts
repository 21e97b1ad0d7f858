import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import type { Row } from './jsonl.ts'
import { kindOf } from './kind-of.ts'
import { isConversation } from './messages.ts'
import type { PreferenceFault } from './preference-of-row.ts'
import type { TextOrMessages } from './preference-rows.ts'

/** What is learned by heart: all of a text, or a completion of a prompt. */
export type SupervisedRow<T extends TextOrMessages = TextOrMessages> =
  { readonly text: T } | { readonly prompt: T; readonly completion: T }

const wrong = ({ file, line }: Row, found: string): Fault<'ColumnType'> =>
  fault(
    'ColumnType',
    `${file}:${line}: ${found}`,
    'Give text, or a list of messages, { "role": …, "content": … }; prompt and completion must be alike',
    { file, line },
  )

/**
 * A row to be learned from by imitation, in TRL's columns: `prompt` and `completion`, both text or both lists of
 * messages; or `text`; or `messages`.
 *
 * @see TRL, "Language modeling" and "Prompt-completion" dataset formats, standard and conversational
 */
export const supervisedOfRow = (row: Row): E.Either<PreferenceFault, SupervisedRow> => {
  const { text, messages, prompt, completion } = row.columns
  if (prompt !== undefined && completion !== undefined) {
    if (typeof prompt === 'string' && typeof completion === 'string') return E.right({ prompt, completion })
    if (isConversation(prompt) && isConversation(completion)) return E.right({ prompt, completion })
    return E.left(wrong(row, `"prompt" is ${kindOf(prompt)}, "completion" is ${kindOf(completion)}`))
  }
  if (messages !== undefined)
    return isConversation(messages)
      ? E.right({ text: messages })
      : E.left(wrong(row, `"messages" is ${kindOf(messages)} and no list of messages`))
  if (text !== undefined)
    return typeof text === 'string' ? E.right({ text }) : E.left(wrong(row, `"text" is ${kindOf(text)}`))
  const found = Object.keys(row.columns).map((name) => `"${name}"`)
  return E.left(
    fault(
      'ColumnMissing',
      `${row.file}:${row.line} has nothing to learn, only ${found.join(', ') || 'no column'}`,
      'Give "prompt" and "completion", or "text", or "messages"',
      { file: row.file, line: row.line },
    ),
  )
}
