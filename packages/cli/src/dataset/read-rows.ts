import { type Row, type TokenRow, fittedRow, jsonlRows } from '@gfnlm/data'
import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DatasetConfig } from '../config/dataset-config.ts'
import { defined } from '../defined.ts'

/** A row as tokens, and what is learned from of them, once they fit. */
export interface Encoded<Item> {
  readonly row: TokenRow
  readonly itemOf: (fitted: TokenRow) => Item
}

export interface RowsOptions extends Pick<DatasetConfig['data'], 'columns' | 'longer'> {
  /** Longest prompt and completion together, in tokens. */
  readonly maxLength: number
}

const TRUNCATIONS = { fail: undefined, drop: undefined, 'keep-start': 'keepStart', 'keep-end': 'keepEnd' } as const

/** What a fault says was wrong, without what to do. */
const what = ({ message, fix }: Fault): string => message.slice(0, -`. ${fix}`.length)

/** A fault of a row that names it, as those of its columns do by themselves. */
const at = ({ file, line }: Row, wrong: Fault): Fault =>
  'line' in wrong.detail
    ? wrong
    : fault(wrong._tag, `${file}:${line}: ${what(wrong)}`, wrong.fix, { ...wrong.detail, file, line })

const emptyFault = (tag: 'PromptEmpty' | 'CompletionEmpty', name: string): Fault =>
  fault(
    tag,
    `the ${name} has no token`,
    "Remove the row, or take a tokenizer that begins texts with the model's bos token and ends them with its eos",
  )

/** The first token of a completion follows a prompt's, and there is one to be learned. */
const checkTokens = <Item>(encoded: Encoded<Item>): E.Either<Fault, Encoded<Item>> => {
  const { prompt, completions } = encoded.row
  if (prompt.length === 0) return E.left(emptyFault('PromptEmpty', 'prompt'))
  const none = completions.some(({ length }) => length === 0)
  return none ? E.left(emptyFault('CompletionEmpty', 'completion')) : E.right(encoded)
}

/** A row by TRL's names, where the file has others. */
const renamed = (row: Row, columns: RowsOptions['columns']): E.Either<Fault, Row> => {
  const missing = Object.entries(columns).find(([, column]) => row.columns[column] === undefined)
  if (missing === undefined) {
    const named = Object.entries(columns).map(([name, column]) => [name, row.columns[column]])
    return E.right({ ...row, columns: { ...row.columns, ...Object.fromEntries(named) } })
  }
  const [name, column] = missing
  return E.left(
    fault(
      'ColumnMissing',
      `no column "${column}", which data.columns.${name} names`,
      'Name a column that all rows have',
      {
        column,
      },
    ),
  )
}

const LONGER =
  "Shorten it, raise maxLength up to the model's context, or write data.longer: drop, keep-start or keep-end"

const noRows = (file: string, dropped: number): Fault =>
  fault(
    'NoRows',
    dropped === 0 ? `there are no rows in ${file}` : `all ${dropped} rows of ${file} are longer than maxLength`,
    dropped === 0 ? 'Give at least one: a JSON object a line' : 'Raise maxLength, or shorten the rows',
    { file, dropped },
  )

/** All rows of a file as a run learns from them, or the first thing wrong with them, by file and line. */
export const readRows = <Item>(
  file: string,
  encode: (row: Row) => E.Either<Fault, Encoded<Item>>,
  { maxLength, columns, longer }: RowsOptions,
): TaskEither<Fault, readonly Item[]> => {
  const fit = fittedRow({ maxLength, ...defined({ truncate: TRUNCATIONS[longer] }) })
  return async () => {
    const items: Item[] = []
    let dropped = 0
    for await (const row of jsonlRows(file)) {
      if (E.isLeft(row)) return row
      const encoded = pipe(
        renamed(row.right, columns),
        E.chain(encode),
        E.chain(checkTokens),
        E.mapLeft((wrong) => at(row.right, wrong)),
      )
      if (E.isLeft(encoded)) return encoded
      const fitted = fit(encoded.right.row, `${file}:${row.right.line}`)
      if (E.isRight(fitted)) items.push(encoded.right.itemOf(fitted.right))
      else if (longer === 'drop') dropped += 1
      else return E.left(fault(fitted.left._tag, what(fitted.left), LONGER, fitted.left.detail))
    }
    return items.length > 0 ? E.right(items) : E.left(noRows(file, dropped))
  }
}
