import { expect, test } from 'vitest'
import { preferenceOfRow } from './preference-of-row.ts'

const read = (columns: Record<string, unknown>) => preferenceOfRow({ file: 'pairs.jsonl', line: 3, columns })
const message = (role: string, content: string) => ({ role, content })

test('text or messages, with their prompt or with it in both of them', () => {
  const standard = { prompt: 'Sky?', chosen: ' Blue.', rejected: ' Green.' }
  expect(read(standard)).toMatchObject({ right: standard })
  expect(read({ chosen: 'Sky? Blue.', rejected: 'Sky? Green.' })).toMatchObject({ right: standard })
  const [asked, blue, green] = [message('user', 'Sky?'), message('assistant', 'Blue.'), message('assistant', 'Green.')]
  const conversation = { prompt: [asked], chosen: [blue], rejected: [green] }
  expect(read(conversation)).toMatchObject({ right: conversation })
  expect(read({ chosen: [asked, blue], rejected: [asked, green] })).toMatchObject({ right: conversation })
})

test.each([
  [{ chosen: 'a' }, 'pairs.jsonl:3 has no column "rejected"'],
  [{ chosen: 'a', rejected: 1 }, '"rejected" is a number'],
  [{ prompt: [], chosen: 'a', rejected: 'b' }, '"prompt" is an array, "chosen" is a string'],
  [{ chosen: ['a'], rejected: ['b'] }, 'lists of messages'],
  [{ prompt: null, chosen: 'a', rejected: 'b' }, '"prompt" is null'],
])('%j is refused', (columns, message) => {
  expect(read(columns)).toMatchObject({ _tag: 'Left', left: { message: expect.stringContaining(message) } })
})
