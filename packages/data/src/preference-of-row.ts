import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import type { Row } from './jsonl.ts'
import { kindOf } from './kind-of.ts'
import { isConversation } from './messages.ts'
import { type PreferenceRow, withPrompt } from './preference-rows.ts'

export type PreferenceFault = Fault<'ColumnMissing' | 'ColumnType'>

/**
 * A row as a preference, in TRL's columns: `chosen` and `rejected`, and `prompt` unless both texts begin with it; all
 * of them text, or all of them lists of messages.
 *
 * @see TRL, "Preference" dataset format, standard and conversational, explicit and implicit prompt
 */
export const preferenceOfRow = ({ file, line, columns }: Row): E.Either<PreferenceFault, PreferenceRow> => {
  const { prompt, chosen, rejected } = columns
  const at = `${file}:${line}`
  const missing = (['chosen', 'rejected'] as const).find((name) => columns[name] === undefined)
  if (missing !== undefined)
    return E.left(
      fault(
        'ColumnMissing',
        `${at} has no column "${missing}"`,
        'Give both completions, the preferred one as "chosen"',
        {
          file,
          line,
          column: missing,
        },
      ),
    )
  if (typeof chosen === 'string' && typeof rejected === 'string') {
    if (prompt === undefined) return E.right(withPrompt({ chosen, rejected }))
    if (typeof prompt === 'string') return E.right({ prompt, chosen, rejected })
  }
  if (isConversation(chosen) && isConversation(rejected)) {
    if (prompt === undefined) return E.right(withPrompt({ chosen, rejected }))
    if (isConversation(prompt)) return E.right({ prompt, chosen, rejected })
  }
  const found = Object.entries({ prompt, chosen, rejected }).map(([name, value]) => `"${name}" is ${kindOf(value)}`)
  return E.left(
    fault(
      'ColumnType',
      `${at}: ${found.join(', ')}`,
      'Give text in all of them, or in all of them lists of messages, { "role": …, "content": … }',
      { file, line },
    ),
  )
}
