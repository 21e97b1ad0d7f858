import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Json } from './json.ts'
import type { Vector } from './layouts.ts'
import { runParity } from './run-parity.ts'
import { readVectors } from './vector-file.ts'

const read = (name: string): readonly Vector[] =>
  readVectors(fileURLToPath(new URL(`./fixtures/${name}.json`, import.meta.url)))

const vectors = read('ppo')
const preference = read('policy-gradient')

test.each([
  ['ppo', vectors, 81],
  ['policy-gradient', preference, 61],
] as const)('every case of %s has the numbers of its reference, and none is skipped', async (_, cases, count) => {
  const outcomes = await runParity(cases)
  expect(outcomes.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(outcomes).toHaveLength(count)
})

/** The value with its first number, or its first truth, another one. */
const spoilt = (json: Json): Json => {
  if (typeof json === 'number') return json + 1e-6 * Math.max(1, Math.abs(json))
  if (typeof json === 'boolean') return !json
  if (Array.isArray(json)) return [spoilt(json[0]), ...json.slice(1)]
  if (json === null || typeof json === 'string') return json
  return Object.fromEntries(Object.entries(json).map(([key, x], i) => [key, i === 0 ? spoilt(x) : x]))
}

test('a millionth more or less of the first number of any case fails it', async () => {
  const others = [...vectors, ...preference].map(
    (vector): Vector => ({ ...vector, expected: spoilt(vector.expected) as Vector['expected'] }),
  )
  const outcomes = await runParity(others)
  expect(outcomes.filter(({ status }) => status === 'passed').map(({ name }) => name)).toEqual([])
})

/** Log-probabilities a tenth further down: other numbers under the same names. */
const moved = ({ inputs, ...vector }: Vector): Vector => ({
  ...vector,
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([key, x]) => [key, key === 'logprobs' ? lowered(x) : x]),
  ),
})

const lowered = (json: Json): Json => {
  if (typeof json === 'number') return json - 0.1
  return Array.isArray(json) ? json.map(lowered) : json
}

test('a case of other inputs has other numbers: nothing is looked up', async () => {
  const own = vectors.filter(({ inputs }) => 'logprobs' in inputs && !('same_inputs_as' in inputs))
  const outcomes = await runParity(own.map(moved))
  expect(outcomes).not.toHaveLength(0)
  expect(outcomes.filter(({ status }) => status !== 'failed')).toEqual([])
})
