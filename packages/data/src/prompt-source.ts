import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type Fault, type Prompt, fault } from '@gfnlm/env'
import { type RowFault, jsonlRows } from './jsonl.ts'
import { type PromptFault, type PromptOptions, promptOfRow } from './prompt-of-row.ts'

/**
 * The prompts of a JSONL file, on demand: a row is read and encoded when it is asked for. A row that is no prompt
 * is a Left, and the next row follows, so that the reader chooses between skipping and stopping.
 */
export async function* promptSource(
  file: string,
  options: PromptOptions,
): AsyncGenerator<E.Either<RowFault | PromptFault, Prompt>, void, undefined> {
  const toPrompt = promptOfRow(options)
  for await (const row of jsonlRows(file)) yield E.isLeft(row) ? row : toPrompt(row.right)
}

/**
 * All the prompts of a JSONL file, or the first thing wrong with it: training on a part of the data unawares is
 * worse than not starting. Ids must differ, because replay buffers and per-prompt statistics are keyed by them.
 *
 * @example
 * await readPrompts('prompts.jsonl', { encode: tokenizer.encode, maxPromptLength: 96 })()
 * // => right([{ id: '1', text: 'The wolf', tokens: Int32Array [1, 417], row: { prompt: 'The wolf' } }])
 */
export const readPrompts =
  (file: string, options: PromptOptions): TaskEither<RowFault | PromptFault | PromptsFault, readonly Prompt[]> =>
  async () => {
    const prompts = new Map<string, Prompt>()
    for await (const prompt of promptSource(file, options)) {
      if (E.isLeft(prompt)) return prompt
      const { id } = prompt.right
      if (prompts.has(id))
        return E.left(
          fault(
            'PromptIdRepeated',
            `two prompts in ${file} have the id "${id}"`,
            'Give every row an id of its own, or leave the column out everywhere',
            { file, id },
          ),
        )
      prompts.set(id, prompt.right)
    }
    return prompts.size > 0 ? E.right([...prompts.values()]) : E.left(noPrompts(file))
  }

export type PromptsFault = Fault<'NoPrompts' | 'PromptIdRepeated'>

/** The fault of an empty prompt list; `source` names where prompts were looked for. */
export const noPrompts = (source: string): Fault<'NoPrompts'> =>
  fault('NoPrompts', `there are no prompts in ${source}`, 'Give at least one: a line {"prompt": "…"}', { source })
