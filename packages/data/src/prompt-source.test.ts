import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Prompt } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { promptOfRow } from './prompt-of-row.ts'
import { promptSource, readPrompts } from './prompt-source.ts'

const folder = await mkdtemp(join(tmpdir(), 'gfnlm-prompts-'))
/** One token a character, its code point. */
const options = { encode: (text: string) => Int32Array.from(text, (c) => c.codePointAt(0)!), maxPromptLength: 5 }
const file = async (...rows: readonly string[]): Promise<string> => {
  const path = join(folder, `${Math.random()}.jsonl`)
  await writeFile(path, rows.join('\n'))
  return path
}
const read = async (...rows: readonly string[]): Promise<readonly Prompt[]> => {
  const found = await readPrompts(await file(...rows), options)()
  if (E.isLeft(found)) throw found.left
  return found.right
}

test('a row becomes a prompt with its tokens, its id and all its columns', async () => {
  expect(await read('{"prompt":"ab","id":"x","ending":"c"}', '', '{"prompt":"c"}', '{"prompt":"d","id":7}')).toEqual([
    { id: 'x', text: 'ab', tokens: Int32Array.of(97, 98), row: { prompt: 'ab', id: 'x', ending: 'c' } },
    { id: '3', text: 'c', tokens: Int32Array.of(99), row: { prompt: 'c' } },
    { id: '7', text: 'd', tokens: Int32Array.of(100), row: { prompt: 'd', id: 7 } },
  ])
})

test.each([
  ['a missing column', '{"text":"ab"}', 'ColumnMissing', /:2 has no column "prompt", only "text"/],
  ['a list of messages', '{"prompt":[{"role":"user"}]}', 'ColumnType', /"prompt" in .*:2 is an array, not a string/],
  ['a null prompt', '{"prompt":null}', 'ColumnType', /is null/],
  ['an id that is neither text nor integer', '{"prompt":"a","id":1.5}', 'ColumnType', /"id" in .*:2/],
  ['an id that JSON would round', '{"prompt":"a","id":9007199254740993}', 'ColumnType', /write large ids as text/],
  ['an empty prompt', '{"prompt":""}', 'PromptEmpty', /:2 has no tokens/],
  ['a prompt longer than the context', '{"prompt":"abcdef"}', 'PromptTooLong', /:2 has 6 tokens, 5 fit\. Shorten it/],
  ['a line that is not JSON', '{"prompt":"a"', 'RowNotJson', /:2 is not JSON/],
  ['an id given twice', '{"prompt":"b","id":"1"}', 'PromptIdRepeated', /the id "1"/],
])('%s is a fault that says where and what to do', async (_, row, tag, message) => {
  const found = await readPrompts(await file('{"prompt":"a"}', row, '{"prompt":"c"}'), options)()
  expect(found).toMatchObject({ _tag: 'Left', left: { _tag: tag, fix: expect.stringMatching(/\w/) } })
  expect(E.isLeft(found) && found.left.message).toMatch(message)
})

test('a prompt of exactly the longest length is accepted', async () => {
  expect((await read('{"prompt":"abcde"}'))[0]!.tokens.length).toBe(5)
})

test.each([NaN, 0, 2.5])('a longest length of %d is none', (maxPromptLength) => {
  expect(() => promptOfRow({ ...options, maxPromptLength })).toThrow(RangeError)
})

test('what stays of a prompt that is too long is said, and its text stays whole', async () => {
  const long = await file('{"prompt":"abcdefg"}')
  for (const [truncate, kept] of [
    ['keepStart', 'abcde'],
    ['keepEnd', 'cdefg'],
  ] as const)
    expect(await readPrompts(long, { ...options, truncate })()).toMatchObject({
      right: [{ text: 'abcdefg', tokens: options.encode(kept) }],
    })
})

test('a file without rows is NoPrompts', async () => {
  expect(await readPrompts(await file('', ' '), options)()).toMatchObject({ left: { _tag: 'NoPrompts' } })
})

test('rows are encoded only when asked for, and a bad row does not end the source', async () => {
  let encoded = 0
  const counting = { ...options, encode: (text: string) => (encoded++, options.encode(text)) }
  const source = promptSource(await file('{"prompt":"a"}', '{}', '{"prompt":"b"}', '{"prompt":"c"}'), counting)
  const taken = [await source.next(), await source.next(), await source.next()]
  await source.return()
  const seen = taken.map(({ value }) => value && (E.isRight(value) ? value.right.text : value.left._tag))
  expect(seen).toEqual(['a', 'ColumnMissing', 'b'])
  expect(encoded).toBe(2)
})

test("other columns than TRL's can hold the prompt and its id", async () => {
  const path = await file('{"text":"ab","name":"x"}')
  const columns = { prompt: 'text', id: 'name' }
  expect(await readPrompts(path, { ...options, columns })()).toMatchObject({ right: [{ id: 'x', text: 'ab' }] })
  expect(await readPrompts(path, { ...options, columns: { prompt: 'story' } })()).toMatchObject({
    left: { _tag: 'ColumnMissing', message: expect.stringContaining('"story"') },
  })
})
