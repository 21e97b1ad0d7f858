import { fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import type { Row } from './jsonl.ts'
import { kindOf } from './kind-of.ts'
import { isConversation } from './messages.ts'
import type { PreferenceFault } from './preference-of-row.ts'
import type { UnpairedRow } from './preference-rows.ts'

/**
 * A row as a completion with a label, in TRL's columns: `prompt` and `completion`, both text or both lists of messages,
 * and `label`, true or false.
 *
 * @see TRL, "Unpaired preference" dataset format, standard and conversational
 */
export const unpairedOfRow = ({ file, line, columns }: Row): E.Either<PreferenceFault, UnpairedRow> => {
  const { prompt, completion, label } = columns
  const at = `${file}:${line}`
  const missing = (['prompt', 'completion', 'label'] as const).find((name) => columns[name] === undefined)
  if (missing !== undefined)
    return E.left(
      fault('ColumnMissing', `${at} has no column "${missing}"`, 'Give a prompt, a completion and its label', {
        file,
        line,
        column: missing,
      }),
    )
  if (typeof label !== 'boolean')
    return E.left(
      fault(
        'ColumnType',
        `${at}: "label" is ${kindOf(label)}`,
        'Write true where the completion is desirable, else false',
        {
          file,
          line,
          column: 'label',
        },
      ),
    )
  if (typeof prompt === 'string' && typeof completion === 'string') return E.right({ prompt, completion, label })
  if (isConversation(prompt) && isConversation(completion)) return E.right({ prompt, completion, label })
  return E.left(
    fault(
      'ColumnType',
      `${at}: "prompt" is ${kindOf(prompt)}, "completion" is ${kindOf(completion)}`,
      'Give text in both, or in both a list of messages, { "role": …, "content": … }',
      { file, line },
    ),
  )
}
