import { describe, expect, test } from 'vitest'
import { noWebGpu } from '../testing/webgpu.ts'
import { deviceResident } from './device-resident.ts'
import type { Wire } from './protocol.ts'

const floats = (shape: readonly number[], first = 0): Wire => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => first + i),
})
const ints = (...values: readonly number[]): Wire => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
})
const writes = [{ output: 'fresh', input: 'cache', axis: 2, at: 'at' }]

describe.skipIf(noWebGpu !== undefined)(`on webgpu${noWebGpu === undefined ? '' : ` (skipped: ${noWebGpu})`}`, () => {
  test('held arrays are on the device from the first run on, and writes happen there', async () => {
    const held = deviceResident(
      { cache: floats([2, 2, 3, 1]), pad: ints(1, 2), seen: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) } },
      writes,
    )
    const before = await held.tensors()
    expect(Object.fromEntries(Object.entries(before).map(([name, { location }]) => [name, location]))).toEqual({
      cache: 'gpu-buffer',
      pad: 'gpu-buffer',
      seen: 'cpu',
    })
    expect(await held.tensors()).toEqual(before)
    const outputs = { fresh: floats([2, 2, 1, 1], 100), logits: floats([1]) }
    await held.write(outputs, { at: ints(2, -1) })
    expect(Object.keys(outputs)).toEqual(['logits'])
    const after = await held.tensors()
    expect([after['cache']!.location, before['cache']!.location, after['pad'] === before['pad']]).toEqual([
      'gpu-buffer',
      'none',
      true,
    ])
    expect([...(await held.onHost())['cache']!.data]).toEqual([0, 1, 100, 3, 4, 101, 6, 7, 8, 9, 10, 11])
    expect(after['cache']!.location).toBe('none')
  })

  test('arrays of the host, changed there, go to the device anew; dropped ones are freed', async () => {
    const held = deviceResident({ cache: floats([2, 3]) }, [])
    await held.tensors()
    ;(await held.onHost())['cache']!.data[0] = 9
    const { cache } = await held.tensors()
    expect(cache!.location).toBe('gpu-buffer')
    expect([...(await held.onHost())['cache']!.data]).toEqual([9, 1, 2, 3, 4, 5])
    await held.tensors()
    held.drop()
  })

  test('an array of bools, which stays with the host, is written there', async () => {
    const bools = (shape: readonly number[], ...data: readonly number[]): Wire => ({
      dtype: 'bool',
      shape,
      data: Uint8Array.from(data),
    })
    const held = deviceResident({ cache: floats([2, 3]), seen: bools([2, 3], 0, 0, 0, 0, 0, 0) }, [
      { output: 'fresh', input: 'cache', axis: 1, at: 'at' },
      { output: 'now', input: 'seen', axis: 1, at: 'at' },
    ])
    await held.tensors()
    const later = await held.write({ fresh: floats([2, 1], 9), now: bools([2, 1], 1, 1) }, { at: ints(0, 2) })
    later()
    const { cache, seen } = await held.onHost()
    expect([[...cache!.data], [...seen!.data]]).toEqual([
      [9, 1, 2, 3, 4, 10],
      [1, 0, 0, 0, 0, 1],
    ])
    held.drop()
  })

  test('a write outside of its array is refused, and changes nothing', async () => {
    const held = deviceResident({ cache: floats([2, 2, 3, 1]) }, writes)
    const { cache } = await held.tensors()
    await expect(held.write({ fresh: floats([2, 2, 1, 1]) }, { at: ints(0, 3) })).rejects.toThrow(
      /row 1: index 3 is outside of \[0, 3\)/,
    )
    expect(await held.tensors()).toEqual({ cache })
    held.drop()
  })

  test('nothing grows with the number of writes', async () => {
    const held = deviceResident({ cache: floats([4, 64, 64, 64]) }, writes)
    const write = async (times: number): Promise<number> => {
      for (let i = 0; i < times; i++) {
        await held.tensors()
        await held.write({ fresh: floats([4, 64, 1, 64]) }, { at: ints(1, 2, 3, 4) })
      }
      return process.memoryUsage().rss
    }
    const start = await write(10)
    // 4 MB a write
    expect((await write(100)) - start).toBeLessThan(100e6)
    held.drop()
  })
})
