import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Json } from './json.ts'
import type { Vector } from './layouts.ts'
import { runParity } from './run-parity.ts'
import { readVectors } from './vector-file.ts'

/** The value with its first number, or its first truth, another one; itself where it has none. */
const spoilt = (json: Json): Json => {
  if (typeof json === 'number') return json + 1e-4 * Math.max(1, Math.abs(json))
  if (typeof json === 'boolean') return !json
  if (json === null || typeof json === 'string') return json
  const [first, ...rest] = Object.entries(json)
  if (first === undefined) return json
  const entries = [[first[0], spoilt(first[1] as Json)], ...rest] as const
  return Array.isArray(json) ? entries.map(([, x]) => x as Json) : (Object.fromEntries(entries) as Json)
}

/** The case with one of its expected values spoilt, another one in each case; none where there is nothing to spoil. */
const spoiltCase = (vector: Vector, i: number): readonly Vector[] => {
  const { expected } = vector
  const keys = Object.keys(expected).filter(
    (key) => JSON.stringify(spoilt(expected[key])) !== JSON.stringify(expected[key]),
  )
  const key = keys[i % keys.length]
  return key === undefined ? [] : [{ ...vector, expected: { ...expected, [key]: spoilt(expected[key]) } }]
}

/** Log-probabilities a tenth further down: other numbers under the same names. */
const lowered = (json: Json): Json => {
  if (typeof json === 'number') return json - 0.1
  return Array.isArray(json) ? json.map(lowered) : json
}

const vectorsIn = (name: string): readonly Vector[] =>
  readVectors(fileURLToPath(new URL(`./fixtures/${name}.json`, import.meta.url)))

describe.each(['preference', 'ppo', 'metrics'])('%s', (name) => {
  const vectors = vectorsIn(name)

  test('every case has the numbers of its reference, and none is skipped', async () => {
    const outcomes = await runParity(vectors)
    expect(outcomes.filter(({ status }) => status !== 'passed')).toEqual([])
    expect(new Set(outcomes.map((outcome) => outcome.name.split(' / ')[0])).size).toBe(vectors.length)
  })

  test('one part in ten thousand more in any case fails it', async () => {
    const outcomes = await runParity(vectors.flatMap(spoiltCase))
    expect(outcomes.length).toBeGreaterThan(vectors.length / 2)
    expect(outcomes.filter(({ status }) => status === 'passed').map((outcome) => outcome.name)).toEqual([])
  })
})

test.each(['preference', 'ppo'])(
  'a case of other inputs has other numbers: nothing of %s is looked up',
  async (name) => {
    const moved = vectorsIn(name).flatMap(({ inputs, ...vector }): Vector[] =>
      'logprobs' in inputs && !('same_inputs_as' in inputs)
        ? [{ ...vector, inputs: { ...inputs, logprobs: lowered(inputs.logprobs) } }]
        : [],
    )
    expect((await runParity(moved)).filter(({ status }) => status !== 'failed')).toEqual([])
  },
)
