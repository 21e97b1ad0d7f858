import { expect, test } from 'vitest'
import { supervisedOfRow } from './supervised-of-row.ts'
import { unpairedOfRow } from './unpaired-of-row.ts'

const row = (columns: Record<string, unknown>) => ({ file: 'rows.jsonl', line: 3, columns })
const asked = [{ role: 'user', content: 'Sky?' }]
const answered = [{ role: 'assistant', content: 'Blue.' }]

test.each([
  [{ prompt: 'Sky?', completion: ' Blue.' }, undefined],
  [{ prompt: asked, completion: answered }, undefined],
  [{ text: 'The sky is blue.' }, undefined],
  [{ messages: [...asked, ...answered] }, { text: [...asked, ...answered] }],
])('%j is learned by heart', (columns, expected) => {
  expect(supervisedOfRow(row(columns))).toEqual({ _tag: 'Right', right: expected ?? columns })
})

test.each([
  [{ prompt: 'a' }, 'rows.jsonl:3 has nothing to learn, only "prompt"'],
  [{}, 'only no column'],
  [{ prompt: 'a', completion: answered }, '"prompt" is a string, "completion" is an array'],
  [{ messages: ['a'] }, '"messages" is an array and no list of messages'],
  [{ text: 1 }, '"text" is a number'],
])('%j is refused', (columns, message) => {
  expect(supervisedOfRow(row(columns))).toMatchObject({ left: { message: expect.stringContaining(message) as string } })
})

test('a completion with a label is text or messages, its label true or false', () => {
  for (const columns of [
    { prompt: 'Sky?', completion: ' Blue.', label: true },
    { prompt: asked, completion: answered, label: false },
  ])
    expect(unpairedOfRow(row(columns))).toEqual({ _tag: 'Right', right: columns })
})

test.each([
  [{ prompt: 'a', completion: 'b' }, 'rows.jsonl:3 has no column "label"'],
  [{ prompt: 'a', completion: 'b', label: 1 }, '"label" is a number'],
  [{ prompt: 'a', completion: answered, label: true }, '"prompt" is a string, "completion" is an array'],
])('%j is no completion with a label', (columns, message) => {
  expect(unpairedOfRow(row(columns))).toMatchObject({ left: { message: expect.stringContaining(message) as string } })
})
