import * as fc from 'fast-check'
import { isLeft, isRight } from 'fp-ts/lib/Either.js'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import {
  SMALL_FAMILIES,
  SMALL_GEMMA_3_THAT_SEES,
  SMALL_GPT2,
  SMALL_LLAMA,
  freshDirectory,
  leftOf,
  rightOf,
} from '../testing/small-models.ts'
import { ARCHITECTURES, parseConfig } from './architectures.ts'
import { type ConfigJson, shown } from './config-fields.ts'
import { tensorsOf } from './modules.ts'

type Path = readonly string[]

const isObject = (u: unknown): u is ConfigJson => typeof u === 'object' && u !== null && !Array.isArray(u)

/** A config whose fields note that they are read, those of its objects too. */
const watched = (json: ConfigJson, noted: Set<string>, at: Path = []): ConfigJson =>
  new Proxy(json, {
    get: (target, field) => {
      const value: unknown = Reflect.get(target, field)
      if (typeof field === 'string' && field !== 'toJSON') noted.add([...at, field].join('.'))
      return isObject(value) && typeof field === 'string' ? watched(value, noted, [...at, field]) : value
    },
  })

/** A config with another value in a field, which may be a field of an object; undefined takes it out. */
const withField = (json: ConfigJson, [field, ...rest]: Path, value: unknown): ConfigJson => {
  const inner = json[field]
  const { [field]: _, ...others } = json
  const put = rest.length === 0 ? value : withField(isObject(inner) ? inner : {}, rest, value)
  return put === undefined ? others : { ...others, [field]: put }
}

const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

/** What no field of any config may be, and what some may; all of it as JSON has it. */
const NEVER: readonly unknown[] = [
  -1,
  -0.5,
  1.5e308 * 10,
  -(2 ** 60),
  '',
  '12',
  'NaN',
  '-1',
  '1e3',
  'true',
  [],
  [1],
  [[]],
  {},
  { a: 1 },
  { toString: 1 },
  { constructor: {} },
  deep(20),
  deep(6000),
  'x'.repeat(100_000),
]
const SOMETIMES: readonly unknown[] = [
  0,
  1,
  2,
  3,
  0.5,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 60,
  1e308,
  5e-324,
  true,
  false,
  null,
  undefined,
]

const BASES: readonly ConfigJson[] = [
  SMALL_GPT2,
  SMALL_LLAMA,
  SMALL_GEMMA_3_THAT_SEES,
  ...Object.values(SMALL_FAMILIES),
]
const basesOf = (type: string): readonly ConfigJson[] => BASES.filter(({ model_type: t }) => t === type)

/** Fields that a row reads of its small models, and of the same without each field. */
const fieldsOf = (type: string): readonly Path[] => {
  const noted = new Set<string>()
  for (const base of basesOf(type)) {
    parseConfig(watched(base, noted))
    for (const field of Object.keys(base)) parseConfig(watched(withField(base, [field], undefined), noted))
  }
  return [...noted].map((path) => path.split('.'))
}

/** A config that is taken has sizes that can be computed with, and not more layers than any model. */
const isSane = (json: ConfigJson): void => {
  const config = rightOf(parseConfig(json))
  const { vocab, context, hidden, layers, heads, kvHeads, headDim, intermediate, norm } = config
  const sizes = [vocab, context, hidden, layers, heads, kvHeads, headDim, intermediate, heads / kvHeads]
  expect(sizes.every((size) => Number.isSafeInteger(size) && size >= 1)).toBe(true)
  expect(Number.isFinite(norm.eps)).toBe(true)
  const shapes = [...tensorsOf(config).values()]
  expect(shapes.length).toBeLessThan(32_000)
  expect(shapes.every((shape) => shape.every((size) => size >= 1))).toBe(true)
}

describe.each(Object.keys(ARCHITECTURES))('a config.json of %s', (type) => {
  const fields = fieldsOf(type)

  it('has a small model among the tests, and fields that are read', () => {
    expect(basesOf(type).length).toBeGreaterThan(0)
    expect(fields.map((path) => path.at(-1))).toContain('vocab_size')
    for (const base of basesOf(type)) isSane(base)
  })

  it.each(fields.map((path) => [path.join('.'), path] as const))(
    '%s: no value is a crash, a wrong one is a fault',
    (name, path) => {
      for (const base of basesOf(type)) {
        const plain = parseConfig(base)
        const without = parseConfig(withField(base, path, undefined))
        for (const value of [...NEVER, ...SOMETIMES]) {
          const json = withField(base, path, value)
          const parsed = parseConfig(json)
          if (isRight(parsed)) isSane(json)
          else {
            expect(parsed.left._tag).toMatch(/^(ConfigInvalid|ArchitectureUnknown)$/)
            expect(parsed.left.message.length).toBeLessThan(2000)
          }
          // A wrong value is told, or belongs to an option that is not in use here.
          if (NEVER.includes(value) && isRight(parsed))
            expect([plain, without], `${name} = ${shown(value)}`).toContainEqual(parsed)
        }
      }
    },
  )

  it("is whatever JSON has in any of them a policy's or a fault", () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(...SOMETIMES),
      fc.integer({ min: -4, max: 64 }),
    )
    const changes = fc.array(fc.tuple(fc.constantFrom(...fields), value), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...basesOf(type)), changes, (base, changed) => {
        const json = changed.reduce((made, [path, to]) => withField(made, path, to), base)
        if (isRight(parseConfig(json))) isSane(json)
      }),
    )
  })
})

it.each([
  null,
  3,
  'x',
  '[]',
  '{"model_type": {}}',
  '{"model_type": "__proto__"}',
  '{"model_type": "toString"}',
  `${'['.repeat(1e5)}`,
])('a file with %j is a fault, not a crash', async (content) => {
  const directory = await freshDirectory()
  await writeFile(join(directory, 'config.json'), String(content))
  expect(leftOf(await loadPolicy(directory)())._tag).toMatch(/^(ConfigInvalid|ArchitectureUnknown)$/)
})

it.each([
  ['deep', `{"model_type":${'['.repeat(8e6)}`, /nests more than 64 deep/],
  ['deep and closed', `{"model_type":${'['.repeat(4e6)}${']'.repeat(4e6)}}`, /nests more than 64 deep/],
  ['wide', `{"model_type":[${'0,'.repeat(6e5)}0]}`, /has more than 524288 values/],
  [
    'full of fields',
    `{${Array.from({ length: 3e5 }, (_, i) => `"${i}":0`).join()}}`,
    /an object of more than 262144 names/,
  ],
  ['long', `{"model_type":"${'x'.repeat(2 ** 24)}"}`, /has 16777\d+ bytes, more than the 16777216/],
])('a file too %s is a fault before it is parsed', async (_, content, says) => {
  const directory = await freshDirectory()
  await writeFile(join(directory, 'config.json'), content)
  const fault = leftOf(await loadPolicy(directory)())
  expect([fault._tag, fault.message]).toEqual(['ConfigInvalid', expect.stringMatching(says)])
})

it('a field as long as a file may be is told by its beginning', async () => {
  const directory = await freshDirectory()
  await writeFile(join(directory, 'config.json'), JSON.stringify({ model_type: 'x'.repeat(16e6) }))
  expect(leftOf(await loadPolicy(directory)()).message.length).toBeLessThan(400)
})

it('a model far beyond the machine is a fault before any memory is asked for', async () => {
  const huge = { ...SMALL_LLAMA, vocab_size: 2 ** 40, hidden_size: 2 ** 32, num_hidden_layers: 1024 }
  const random = randomPolicy(huge, { seed: 1 })
  expect(isLeft(random) && random.left._tag).toBe('ConfigInvalid')
  expect(leftOf(randomPolicy({ ...SMALL_LLAMA, initializer_range: 'wide' }, { seed: 1 }))._tag).toBe('ConfigInvalid')
  const directory = await freshDirectory()
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'config.json'), JSON.stringify(huge))
  await writeFile(join(directory, 'model.safetensors'), new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]))
  expect(leftOf(await loadPolicy(directory)())._tag).toBe('WeightsMissing')
})
