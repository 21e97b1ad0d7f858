import { type Row, jsonlRows } from '@gfnlm/data'
import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'

/** What a row becomes, and the texts in it whose length counts. */
export interface Encoded<Item> {
  readonly item: Item
  readonly texts: readonly { readonly length: number }[]
}

export interface RowsOptions {
  /** Longest text in tokens. */
  readonly maxLength: number
  /** What becomes of rows with a longer one. */
  readonly longer: 'fail' | 'drop'
}

/** What a fault says was wrong, without what to do. */
const what = ({ message, fix }: Fault): string => message.slice(0, -`. ${fix}`.length)

/** A fault of a row that names it, as those of its columns do by themselves. */
const at = ({ file, line }: Row, wrong: Fault): Fault =>
  'line' in wrong.detail
    ? wrong
    : fault(wrong._tag, `${file}:${line}: ${what(wrong)}`, wrong.fix, { ...wrong.detail, file, line })

const tooLong = ({ file, line }: Row, length: number, maxLength: number): Fault =>
  fault(
    'RowTooLong',
    `${file}:${line} has ${length} tokens, ${maxLength} fit`,
    'Shorten it, raise maxLength up to the context of the model, or drop such rows with data: { file, longer: drop }',
    { file, line, length, maxLength },
  )

const empty = (file: string, dropped: number): Fault =>
  fault(
    'NoRows',
    dropped === 0 ? `there are no rows in ${file}` : `all ${dropped} rows of ${file} are longer than maxLength`,
    dropped === 0 ? 'Give at least one: a JSON object a line' : 'Raise maxLength, or shorten the rows',
    { file, dropped },
  )

/** All rows of a file as a run learns from them, or the first thing wrong with them, by file and line. */
export const readRows =
  <Item>(
    file: string,
    encode: (row: Row) => E.Either<Fault, Encoded<Item>>,
    { maxLength, longer }: RowsOptions,
  ): TaskEither<Fault, readonly Item[]> =>
  async () => {
    const items: Item[] = []
    let dropped = 0
    for await (const row of jsonlRows(file)) {
      if (E.isLeft(row)) return row
      const encoded = pipe(
        encode(row.right),
        E.mapLeft((wrong) => at(row.right, wrong)),
      )
      if (E.isLeft(encoded)) return encoded
      const length = Math.max(...encoded.right.texts.map((text) => text.length))
      if (length <= maxLength) items.push(encoded.right.item)
      else if (longer === 'fail') return E.left(tooLong(row.right, length, maxLength))
      else dropped += 1
    }
    return items.length > 0 ? E.right(items) : E.left(empty(file, dropped))
  }
