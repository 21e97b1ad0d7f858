import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Json } from './json.ts'
import { runParity } from './run-parity.ts'
import { readVectors } from './vector-file.ts'

const vectors = readVectors(fileURLToPath(new URL('./fixtures/supervised.json', import.meta.url)))
const outcomes = await runParity(vectors)

test.each(vectors.map(({ name }) => name))('%s has the reference numbers', (name) => {
  expect(outcomes.filter((outcome) => outcome.name === name)).toMatchObject([{ status: 'passed' }])
})

const off = (json: Json): Json =>
  typeof json === 'number' ? json * 1.0001 + 1e-4
  : Array.isArray(json) ? json.map(off)
  : json

test('numbers off by one part in ten thousand fail every case that has any', async () => {
  const wrong = vectors
    .filter(({ expected }) => Object.keys(expected).length > 0)
    .map((vector) => ({
      ...vector,
      expected: Object.fromEntries(Object.entries(vector.expected).map(([key, json]) => [key, off(json)])),
    }))
  expect((await runParity(wrong)).filter(({ status }) => status !== 'failed')).toEqual([])
})
