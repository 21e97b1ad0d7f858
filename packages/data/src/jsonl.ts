import { createReadStream } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Fault, fault } from '@gfnlm/env'
import { lines } from './lines.ts'

/** A dataset row and where it stands, for messages that lead back to it. */
export interface Row {
  readonly file: string
  /** 1-based, blank lines counted, as editors count. */
  readonly line: number
  readonly columns: Readonly<Record<string, unknown>>
}

export type RowFault = Fault<'DatasetUnreadable' | 'RowNotText' | 'RowNotJson' | 'RowNotObject'>

type Place = Pick<Row, 'file' | 'line'>

/** The decoder also drops a byte order mark. */
const decode = (where: Place, bytes: Uint8Array): E.Either<RowFault, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim(),
    () => fault('RowNotText', `${where.file}:${where.line} is not UTF-8`, 'Save the file as UTF-8', { ...where }),
  )

const parse = (where: Place, text: string): E.Either<RowFault, unknown> =>
  E.tryCatch(
    () => JSON.parse(text) as unknown,
    (error) =>
      fault(
        'RowNotJson',
        `${where.file}:${where.line} is not JSON: ${(error as Error).message}`,
        'Write one whole JSON object a line (JSONL), with no comma between lines',
        { ...where },
      ),
  )

const asRow = (where: Place, value: unknown): E.Either<RowFault, Row> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return E.right({ ...where, columns: value as Row['columns'] })
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return E.left(
    fault(
      'RowNotObject',
      `${where.file}:${where.line} is ${found}, not an object`,
      'Write one {"column": value, …} a line',
      { ...where },
    ),
  )
}

/**
 * The rows of a JSONL file, on demand: a chunk is read when its first row is asked for, and leaving the loop closes
 * the file. A row that cannot be read is a Left naming file and line, and the next row follows; a file that cannot
 * be read is one last Left. Blank lines, a byte order mark and CRLF are accepted.
 *
 * @example
 * for await (const row of jsonlRows('prompts.jsonl')) if (row._tag === 'Right') console.log(row.right.columns)
 */
export async function* jsonlRows(file: string): AsyncGenerator<E.Either<RowFault, Row>, void, undefined> {
  try {
    let line = 0
    for await (const bytes of lines(createReadStream(file))) {
      const where = { file, line: ++line }
      const text = decode(where, bytes)
      if (E.isRight(text) && text.right === '') continue
      yield pipe(
        text,
        E.chain((t) => parse(where, t)),
        E.chain((value) => asRow(where, value)),
      )
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    yield E.left(
      fault(
        'DatasetUnreadable',
        `cannot read ${file}: ${(error as Error).message}`,
        'Check the path and its permissions',
        { file },
      ),
    )
  }
}
