import { hostTensor, onDisk, piecesOf } from '@gfnlm/jit'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { floatToBrain, floatToHalf, halfToFloat } from './dtype.ts'
import { MAX_HEADER } from './header.ts'
import { readSafetensors } from './read-safetensors.ts'
import { writeSafetensors } from './write-safetensors.ts'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await freshDirectory()
  path = join(directory, 'model.safetensors')
})

/** A file from a header as text and its data, whatever they say. */
const file = async (header: string, data = 0, claimed = header.length): Promise<void> => {
  const bytes = new Uint8Array(8 + header.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed), true)
  bytes.set(new TextEncoder().encode(header), 8)
  await writeFile(path, bytes)
}
const entry = (dtype: string, shape: number[], offsets: number[]): string =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offsets}]}`
const faultOf = async () => leftOf(await readSafetensors(path)())

describe('half precision', () => {
  it('gives every bit pattern back', () => {
    for (let half = 0; half < 0x10000; half++)
      if (!Number.isNaN(halfToFloat(half))) expect(floatToHalf(halfToFloat(half))).toBe(half)
  })

  // numpy.float16 of the same numbers.
  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1.5 * 2 ** -24, 2],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [-Infinity, 0xfc00],
    [NaN, 0x7e00],
  ])('rounds %f to the nearest, ties to even', (value, half) => expect(floatToHalf(value)).toBe(half))

  it('rounds bfloat16 to the nearest, ties to even, and keeps NaN', () => {
    expect([1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Infinity].map(floatToBrain)).toEqual([0x3f80, 0x3f80, 0x3f82, 0xff80])
    expect(floatToBrain(NaN) & 0x7fff).toBeGreaterThan(0x7f80)
  })
})

describe('writing safetensors', () => {
  const tensors = {
    'b.weight': hostTensor(Float32Array.of(1, -2.5, 3e-5, 65504), [2, 2]),
    'a.bias': hostTensor(Float32Array.of(0.1), []),
    mask: hostTensor(Uint8Array.of(1, 0, 1)),
    ids: hostTensor(Int32Array.of(-1, 2 ** 31 - 1)),
    none: hostTensor(new Float32Array(0), [0, 3]),
  }

  it('gives back what it was given', async () => {
    rightOf(await writeSafetensors(path, tensors)())
    expect(rightOf(await readSafetensors(path)())).toEqual(tensors)
    expect(await readdir(directory)).toEqual(['model.safetensors'])
  })

  it('writes the documented layout: padded header, format pt, names in order, same bytes every time', async () => {
    rightOf(await writeSafetensors(path, { b: hostTensor(Float32Array.of(2)), a: hostTensor(Float32Array.of(1)) })())
    const bytes = await readFile(path)
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    expect(
      bytes
        .subarray(8, 8 + length)
        .toString()
        .trimEnd(),
    ).toBe(
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
        '"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
    )
    expect([bytes.readFloatLE(8 + length), bytes.readFloatLE(12 + length)]).toEqual([1, 2])
    rightOf(await writeSafetensors(path, { a: hostTensor(Float32Array.of(1)), b: hostTensor(Float32Array.of(2)) })())
    expect(await readFile(path)).toEqual(bytes)
  })

  it.each([
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
  ] as const)('rounds to %s and widens again', async (dtype, ulp) => {
    const values = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i) * 3)
    rightOf(await writeSafetensors(path, { values: hostTensor(values) }, { dtype })())
    const back = rightOf(await readSafetensors(path)())['values']!
    expect(back.dtype).toBe('float32')
    values.forEach((value, i) => expect(Math.abs(back.data[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * ulp))
  })
})

// Larger than what is read or written at a time.
it('goes to a file and comes back without ever being whole in memory', async () => {
  const values = hostTensor(Float32Array.from({ length: (2 << 20) + 3 }, (_, i) => i % 256))
  const stored = {
    ...(await onDisk(values)),
    get data(): never {
      throw new Error('read whole')
    },
  }
  rightOf(await writeSafetensors(path, { stored }, { dtype: 'BF16' })())
  const { stored: back } = rightOf(await readSafetensors(path)())
  expect(back!.file).toBeDefined()
  let at = 0
  for (const piece of piecesOf(back!, 1 << 20))
    for (const value of piece) if (value !== at++ % 256) expect.fail(`${value} at ${at - 1}`)
  expect(at).toBe(values.data.length)
})

describe('a safetensors file that is not right', () => {
  it('is named when it is missing', async () => {
    expect(await faultOf()).toMatchObject({ _tag: 'WeightsMissing', detail: { path } })
  })

  it('is refused when it is shorter than its header says', async () => {
    await writeFile(path, 'abc')
    expect((await faultOf()).message).toContain('3 bytes')
    await file('{}', 0, 1000)
    expect((await faultOf()).message).toContain('truncated')
    await file('{}', 0, 2 ** 40)
    expect((await faultOf()).message).toContain(`${MAX_HEADER} allowed`)
  })

  it('is refused when tensors are cut off', async () => {
    rightOf(await writeSafetensors(path, { w: hostTensor(new Float32Array(100)) })())
    await writeFile(path, (await readFile(path)).subarray(0, -1))
    expect(await faultOf()).toMatchObject({ _tag: 'WeightsCorrupt', detail: { tensor: 'w' } })
  })

  it.each([
    ['not JSON', '{"w":', 0, 'WeightsCorrupt', 'not JSON'],
    ['an unknown dtype', `{"w":${entry('F4', [1], [0, 4])}}`, 4, 'WeightsDtype', '"F4"'],
    ['a dtype that is not read', `{"w":${entry('F8_E4M3', [4], [0, 4])}}`, 4, 'WeightsDtype', 'F8_E4M3'],
    ['a negative size', `{"w":${entry('F32', [-1], [0, 4])}}`, 4, 'WeightsCorrupt', 'shape'],
    [
      'a size too large for its bytes',
      `{"w":${entry('F32', [4294967296, 4294967296], [0, 4])}}`,
      4,
      'WeightsCorrupt',
      'span 4',
    ],
    ['offsets that go back', `{"w":${entry('F32', [1], [4, 0])}}`, 4, 'WeightsCorrupt', 'data_offsets'],
    ['offsets of another length', `{"w":${entry('F32', [2], [0, 4])}}`, 4, 'WeightsCorrupt', 'needs 8 bytes'],
    ['offsets past the end', `{"w":${entry('F32', [2], [0, 8])}}`, 4, 'WeightsCorrupt', 'truncated'],
    [
      'overlapping tensors',
      `{"v":${entry('F32', [2], [0, 8])},"w":${entry('F32', [2], [4, 12])}}`,
      12,
      'WeightsCorrupt',
      'overlaps',
    ],
    [
      'a hole',
      `{"v":${entry('F32', [1], [0, 4])},"w":${entry('F32', [1], [8, 12])}}`,
      12,
      'WeightsCorrupt',
      'no tensor',
    ],
    ['bytes after the last tensor', `{"v":${entry('F32', [1], [0, 4])}}`, 8, 'WeightsCorrupt', '4 bytes at the end'],
    [
      'a tensor listed twice',
      `{"w":${entry('F32', [1], [0, 4])},"\\u0077":${entry('F32', [1], [0, 4])}}`,
      4,
      'WeightsCorrupt',
      'twice',
    ],
  ])('is refused for %s', async (_, header, data, tag, words) => {
    await file(header, data)
    const fault = await faultOf()
    expect(fault._tag).toBe(tag)
    expect(fault.message).toContain(words)
    expect(fault.message).toContain(path)
    expect(fault.fix).not.toBe('')
  })
})
