import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Json } from './json.ts'
import type { Vector } from './layouts.ts'
import { PREFERENCE_LOSSES } from './preference/preference-losses.ts'
import { runParity } from './run-parity.ts'
import { readVectors } from './vector-file.ts'

const vectors = readVectors(fileURLToPath(new URL('./fixtures/preference.json', import.meta.url)))
const outcomes = await runParity(vectors)

/** Cases of preference losses: all that a row of their registry has a checker for. */
const ours = vectors.filter(({ kind }) => PREFERENCE_LOSSES.some(([pattern]) => pattern.test(kind)))

test('every case is checked, and has the reference numbers', () => {
  expect(outcomes.filter(({ status }) => status !== 'passed')).toEqual([])
})

test.each(ours.map(({ name }) => [name]))('%s is checked, not skipped', (name) => {
  expect(outcomes.find((outcome) => outcome.name === name)?.status).toBe('passed')
})

/** The first number of a value a little off. */
const off = (json: Json): Json => {
  if (typeof json === 'number') return json + 1e-6 * Math.max(1, Math.abs(json))
  if (Array.isArray(json)) return json.length === 0 ? json : [off(json[0] as Json), ...json.slice(1)]
  if (typeof json !== 'object' || json === null) return json
  const [[key, value], ...rest] = Object.entries(json)
  return Object.fromEntries([[key, off(value)], ...rest])
}

test('one number off by a millionth fails its case, whichever it is', async () => {
  const numeric = ours.filter(({ expected }) => Object.keys(expected).length > 0 && !('first_is_chosen' in expected))
  const changed = numeric.map((vector, i): Vector => {
    const keys = Object.keys(vector.expected).filter((key) => vector.expected[key] !== 'NaN')
    const key = keys[i % keys.length]
    return { ...vector, expected: { ...vector.expected, [key]: off(vector.expected[key]) } }
  })
  expect((await runParity(changed)).filter(({ status }) => status !== 'failed')).toEqual([])
})
