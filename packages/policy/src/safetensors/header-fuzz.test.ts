import * as fc from 'fast-check'
import { isLeft } from 'fp-ts/lib/Either.js'
import { mkdtempSync } from 'node:fs'
import { open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { leftOf, rightOf } from '../testing/small-models.ts'
import { BYTES } from './dtype.ts'
import { MAX_HEADER, type SafetensorsHeader, parseHeader } from './header.ts'
import { readHeader, readSafetensors } from './read-safetensors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const parsed = (json: string, data: number) => parseHeader('x', utf8(json), 8 + utf8(json).length + data)

/** A header that names tensors as given, whatever they are. */
const entries = (all: readonly (readonly [string, unknown])[]): string =>
  `{${all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`

/** What must be true of a header that is taken, counted byte by byte. */
const isSound = ({ tensors }: SafetensorsHeader, origin: number, size: number): void => {
  const owners = new Uint8Array(size - origin)
  for (const { dtype, shape, start, end } of tensors.values()) {
    expect(end - start).toBe(shape.reduce((n, d) => n * d, BYTES[dtype]))
    for (let byte = start; byte < end; byte++) owners[byte - origin]++
  }
  expect(owners.every((count) => count === 1)).toBe(true)
}

const F32 = (shape: readonly unknown[], data_offsets: readonly unknown[]): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets,
})
const WRONG: Readonly<Record<string, readonly [header: string, data: number, says: RegExp]>> = {
  'tensors that overlap': [
    entries([
      ['a', F32([2], [0, 8])],
      ['b', F32([1], [4, 8])],
    ]),
    8,
    /"b" overlaps/,
  ],
  'a tensor twice in one place': [
    entries([
      ['a', F32([2], [0, 8])],
      ['b', F32([2], [0, 8])],
    ]),
    8,
    /overlaps/,
  ],
  'a hole between tensors': [
    entries([
      ['a', F32([1], [0, 4])],
      ['b', F32([1], [8, 12])],
    ]),
    12,
    /4 bytes before tensor "b"/,
  ],
  'a hole at the beginning': [entries([['a', F32([1], [4, 8])]]), 8, /4 bytes before/],
  'bytes at the end': [entries([['a', F32([1], [0, 4])]]), 5, /1 bytes at the end/],
  'offsets beyond the file': [entries([['a', F32([2], [0, 8])]]), 4, /truncated/],
  'offsets far beyond': [entries([['a', F32([2 ** 50], [0, 2 ** 52])]]), 4, /truncated/],
  'offsets that run backwards': [entries([['a', F32([1], [4, 0])]]), 4, /no proper data_offsets/],
  'negative offsets': [entries([['a', F32([1], [-4, 0])]]), 4, /no proper data_offsets/],
  'offsets in parts': [entries([['a', F32([1], [0.5, 4.5])]]), 4, /no proper data_offsets/],
  'offsets beyond numbers': ['{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}}', 4, /no proper data_offsets/],
  'three offsets': [entries([['a', F32([1], [0, 4, 4])]]), 4, /no proper data_offsets/],
  'no offsets': ['{"a":{"dtype":"F32","shape":[1]}}', 4, /no proper data_offsets/],
  'a negative shape': [entries([['a', F32([-1, -1], [0, 4])]]), 4, /no proper shape/],
  'a shape in words': [entries([['a', F32(['1'], [0, 4])]]), 4, /no proper shape/],
  'a shape that overflows to nothing': [entries([['a', F32([2 ** 32, 2 ** 32], [0, 0])]]), 0, /needs 7378\d+ bytes/],
  'a shape beyond numbers': [entries([['a', F32(Array(99).fill(2 ** 53 - 1), [0, 4])]]), 4, /needs Infinity bytes/],
  'nothing times infinity': [entries([['a', F32([...Array(99).fill(2 ** 53 - 1), 0], [0, 0])]]), 0, /needs NaN bytes/],
  'half a million dimensions': [entries([['a', F32(Array(5e5).fill(2), [0, 4])]]), 4, /needs Infinity bytes/],
  'a million dimensions': [entries([['a', F32(Array(1e6).fill(2), [0, 4])]]), 4, /more than 524288 values/],
  'a size of another dtype': [entries([['a', { dtype: 'F64', shape: [1], data_offsets: [0, 4] }]]), 4, /needs 8 bytes/],
  'names twice': [
    '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
    0,
    /"a" is listed twice/,
  ],
  'names twice, one escaped': [
    '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
    0,
    /listed twice/,
  ],
  'names twice, far from what they name': [
    `{"a"${' '.repeat(99)}:${JSON.stringify(F32([0], [0, 0]))},"a"${'\t'.repeat(99)}:${JSON.stringify(F32([0], [0, 0]))}}`,
    0,
    /"a" is listed twice/,
  ],
  'a shape twice': [
    '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"shape":[0]}}',
    0,
    /tensor "a" has "shape" twice/,
  ],
  'metadata twice': ['{"__metadata__":{},"__metadata__":{}}', 0, /listed twice/],
  'a text of the metadata twice': ['{"__metadata__":{"format":"pt","format":"np"}}', 0, /has "format" twice/],
  'metadata that is no text': ['{"__metadata__":{"format":1}}', 0, /__metadata__/],
  'metadata that is a list': ['{"__metadata__":["pt"]}', 0, /__metadata__/],
  'no object': ['[]', 0, /not an object/],
  'no JSON': ['{"a":', 0, /not JSON/],
  nothing: ['', 0, /not JSON/],
  'depths without end': ['['.repeat(2e7), 0, /nests more than 8 deep/],
  'objects without end': ['{"a":'.repeat(4e6), 0, /nests more than 8 deep/],
  'a name without end': [entries([['n'.repeat(4e6), F32([1], [4, 8])]]), 8, /a name of more than 1024 characters/],
  'a long name': [entries([['n'.repeat(1e3), F32([1], [4, 8])]]), 8, /n{100}…/],
  'more tensors than any model': [
    entries(Array.from({ length: 65_537 }, (_, i) => [`t${i}`, F32([], [4 * i, 4 * i + 4])])),
    4 * 65_537,
    /an object of more than 65536 names/,
  ],
}

describe('a safetensors header', () => {
  it.each(Object.entries(WRONG))('with %s is a fault that says so', (_, [json, data, says]) => {
    const fault = leftOf(parsed(json, data))
    expect([fault._tag, fault.message.slice(0, 600)]).toEqual(['WeightsCorrupt', expect.stringMatching(says)])
    expect(fault.message.length).toBeLessThan(600)
  })

  it.each(['F31', 'f32', '', '__proto__', 'toString', 3, null, ['F32'], {}])(
    'with the dtype %j is a fault',
    (dtype) => {
      const fault = leftOf(parsed(entries([['a', { dtype, shape: [1], data_offsets: [0, 4] }]]), 4))
      expect(fault._tag).toBe('WeightsDtype')
    },
  )

  it('that is not UTF-8 is a fault', () => {
    for (const byte of [0x80, 0xc0, 0xff]) {
      const header = Uint8Array.of(0x7b, 0x22, byte, 0x22, 0x3a, 0x7b, 0x7d, 0x7d)
      expect(leftOf(parseHeader('x', header, 8 + header.length)).message).toContain('not UTF-8')
    }
  })

  it('may have a long text in its metadata, brackets and quotation marks in it', () => {
    const text = '{"[\\'.repeat(3e6)
    const header = entries([
      ['__metadata__', { text }],
      ['a', F32([1], [0, 4])],
    ])
    expect(rightOf(parsed(header, 4)).metadata['text']).toBe(text)
  })

  it('may have any names, one that objects have of their own too', () => {
    const names = ['__proto__', 'constructor', 'toString', '', '😀', '\u0000', '"']
    const json = entries(names.map((name, i) => [name, F32([1], [4 * i, 4 * i + 4])]))
    expect([...rightOf(parsed(json, 4 * names.length)).tensors.keys()].sort()).toEqual([...names].sort())
  })

  it('that is taken gives every byte to one tensor, whatever was done to it', () => {
    const number = fc.oneof(
      fc.nat(24),
      fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 60, NaN, Infinity, '4', null),
    )
    const tensor = fc.record({
      dtype: fc.constantFrom(...Object.keys(BYTES), 'F31', '__proto__'),
      shape: fc.array(fc.oneof(fc.nat(3), number), { maxLength: 3 }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    })
    const sound = fc.array(fc.tuple(fc.constantFrom('U8', 'F16', 'F32', 'I64'), fc.nat(3)), { maxLength: 4 })
    /** Tensors one after the other, some of them replaced. */
    const header = fc.tuple(sound, fc.array(fc.tuple(fc.nat(4), tensor), { maxLength: 1 }), fc.nat(1))
    let taken = 0
    fc.assert(
      fc.property(header, ([tensors, changes, more]) => {
        let reached = 0
        const all: (readonly [string, unknown])[] = tensors.map(([dtype, length], i) => {
          const start = reached
          reached += length * BYTES[dtype]
          return [`t${i}`, { dtype, shape: [length], data_offsets: [start, reached] }]
        })
        for (const [at, changed] of changes) all[Math.min(at, all.length)] = [`t${at}`, changed]
        const json = entries(all)
        const origin = 8 + utf8(json).length
        const read = parsed(json, reached + more)
        if (isLeft(read)) {
          expect(read.left._tag).toMatch(/^Weights(Corrupt|Dtype)$/)
          return
        }
        taken++
        isSound(read.right, origin, origin + reached + more)
      }),
      { numRuns: 500 },
    )
    expect(taken).toBeGreaterThan(25)
  })
})

describe('a safetensors file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gfnlm-header-'))
  const path = join(directory, 'model.safetensors')
  afterAll(() => rm(directory, { recursive: true }))

  it.each([2n ** 60n, 2n ** 63n, 2n ** 64n - 1n, 100_000_000n, BigInt(MAX_HEADER) + 1n, BigInt(MAX_HEADER), 11n])(
    'whose header claims %s bytes is a fault before they are asked for',
    async (claimed) => {
      const bytes = new Uint8Array(18)
      new DataView(bytes.buffer).setBigUint64(0, claimed, true)
      await writeFile(path, bytes)
      const before = process.memoryUsage()
      const fault = leftOf(await readHeader(path)())
      const after = process.memoryUsage()
      expect([fault._tag, fault.message]).toEqual(['WeightsCorrupt', expect.stringContaining('its header claims')])
      expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1e7)
    },
  )

  it('cut or changed anywhere is a fault, or still one whose tensors can be read', async () => {
    const json = utf8(
      entries([
        ['__metadata__', { format: 'pt' }],
        ['a', F32([2], [0, 8])],
        ['b', { dtype: 'F16', shape: [2, 1], data_offsets: [8, 12] }],
      ]),
    )
    const whole = Buffer.concat([new Uint8Array(8), json, Buffer.alloc(12, 1)])
    whole.writeBigUInt64LE(BigInt(json.length))
    const file = await open(path, 'w')
    await file.close()
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255), end: fc.option(fc.nat(whole.length)) })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to, end }) => {
        const bytes = Buffer.from(whole)
        bytes[at] = to
        await writeFile(path, bytes.subarray(0, end ?? bytes.length))
        const read = await readSafetensors(path)()
        if (isLeft(read)) expect(read.left._tag).toMatch(/^Weights(Corrupt|Dtype)$/)
        else
          expect(
            Object.values(read.right).every(({ data, shape }) => data.length === shape.reduce((n, d) => n * d, 1)),
          ).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
