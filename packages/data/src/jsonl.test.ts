import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RowFault, type Row, jsonlRows } from './jsonl.ts'
import { lines } from './lines.ts'

const folder = await mkdtemp(join(tmpdir(), 'gfnlm-jsonl-'))
const write = async (content: string | Uint8Array): Promise<string> => {
  const file = join(folder, `${Math.random()}.jsonl`)
  await writeFile(file, content)
  return file
}
const readAll = async (file: string): Promise<E.Either<RowFault, Row>[]> => {
  const all = []
  for await (const row of jsonlRows(file)) all.push(row)
  return all
}
const place = (row: E.Either<RowFault, Row>): unknown =>
  E.isRight(row) ? row.right.line : `${row.left._tag} ${row.left.detail['line']}`
const columns = async (content: string): Promise<unknown[]> =>
  (await readAll(await write(content))).map((row) => (E.isRight(row) ? row.right.columns : row.left._tag))

test('one object a line, the last with or without its newline', async () => {
  expect(await columns('{"a":1}\n{"a":2}\n')).toEqual([{ a: 1 }, { a: 2 }])
  expect(await columns('{"a":1}\n{"a":2}')).toEqual([{ a: 1 }, { a: 2 }])
})

test('a byte order mark, CRLF and blank lines are no rows and no errors', async () => {
  expect(await columns('\ufeff{"a":"é"}\r\n\r\n  \n{"a":"日"}\r\n')).toEqual([{ a: 'é' }, { a: '日' }])
})

test('a raw U+2028 inside a string does not end the line', async () => {
  expect(await columns('{"a":"x\u2028y"}\n')).toEqual([{ a: 'x\u2028y' }])
})

test('an empty file has no rows', async () => {
  expect(await columns('')).toEqual([])
  expect(await columns('\ufeff')).toEqual([])
})

test('a bad row names file and line, blank lines counted, and the next row follows', async () => {
  const file = await write('{"a":1}\n\n{"a":\n[1]\nnull\n{"a":2}\n')
  const rows = await readAll(file)
  expect(rows.map(place)).toEqual([1, 'RowNotJson 3', 'RowNotObject 4', 'RowNotObject 5', 6])
  expect(E.isLeft(rows[1]!) && rows[1]!.left.message).toContain(`${file}:3 is not JSON`)
})

test('bytes that are no UTF-8 are a fault of their line, not silently replaced', async () => {
  const bytes = Buffer.from('{"a":1}\n{"a":"ÿ"}\n', 'latin1')
  expect((await readAll(await write(bytes))).map(place)).toEqual([1, 'RowNotText 2'])
})

test('a missing file and a folder are one DatasetUnreadable fault', async () => {
  for (const path of [join(folder, 'absent.jsonl'), folder])
    expect((await readAll(path)).map((row) => E.isLeft(row) && row.left._tag)).toEqual(['DatasetUnreadable'])
})

test('no chunk is read before a row of it is asked for, and leaving early closes the source', async () => {
  let read = 0
  let closed = false
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (; read < 100;) yield (read++, Buffer.from('x\ny\n'))
    } finally {
      closed = true
    }
  }
  let taken = 0
  for await (const _ of lines(chunks())) if (++taken === 5) break
  expect([read, closed]).toEqual([3, true])
})

test('where the chunks are cut does not change the lines', async () => {
  const text = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\n'))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1 }), fc.integer({ min: 1, max: 7 }), async (texts, size) => {
      const bytes = Buffer.from(texts.join('\n') + '\n')
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
      }
      const found: string[] = []
      for await (const line of lines(chunks())) found.push(Buffer.from(line).toString('utf8'))
      expect(found).toEqual(texts)
    }),
    { numRuns: 50 },
  )
})
