import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { type Device, type HostTensor, hostTensor, jit, jitPerShape } from '../index.ts'
import { webGpu } from '../testing/webgpu.ts'

interface In {
  readonly scale: tf.Tensor
  readonly cache: { readonly k: tf.Tensor; readonly v: tf.Tensor }
  readonly x: tf.Tensor
  readonly at: tf.Tensor
  readonly atV: tf.Tensor
}

/** [2 rows, 3 columns, 2] and [2, 2, 3]: two caches that grow along different axes at different places. */
const step = ({ scale, cache, x }: In) => ({
  seen: tf.add(tf.sum(tf.mul(cache.k, scale)), tf.mul(tf.sum(cache.v), 100)),
  k: cache.k,
  fresh: { k: tf.mul(tf.reshape(x, [2, 1, 2]), scale), v: tf.reshape(tf.neg(x), [2, 2, 1]) },
})
const writes = [
  { output: 'fresh/k', input: 'cache/k', axis: 1, at: 'at' },
  { output: 'fresh/v', input: 'cache/v', axis: 2, at: 'atV' },
] as const
const start = { k: hostTensor(new Float32Array(12), [2, 3, 2]), v: hostTensor(new Float32Array(12), [2, 2, 3]) }
const scale = hostTensor(Float32Array.of(3), [])
const calls = [0, 1, 2].map((i) => ({
  x: hostTensor(Float32Array.of(i + 1, i + 2, i + 3, i + 4), [2, 2]),
  at: hostTensor(Int32Array.of(i, 2 - i)),
  atV: hostTensor(Int32Array.of((i + 1) % 3, i)),
}))

const written = (cache: HostTensor, fresh: HostTensor, index: (row: number, i: number) => number): HostTensor => {
  const data = cache.data.slice()
  fresh.data.forEach((value, j) => {
    data[index(Math.floor(j / 2), j % 2)] = value
  })
  return hostTensor(data, cache.shape)
}

describe.each<Device>(['cpu', 'tfjs:cpu', ...webGpu])('on %s', (device) => {
  test('held arrays with writes give what passing and writing them oneself gives', async () => {
    const plain = jit(step, { device })
    const held = jit(step, { device, writes })
    const holding = await held.hold({ scale, cache: start })
    let cache = start
    for (const { x, at, atV } of calls) {
      const expected = await plain({ scale, cache, x, at, atV })
      const found = await holding.run({ x, at, atV })
      expect(found).toEqual({ seen: expected.seen, k: cache.k })
      cache = {
        k: written(cache.k, expected.fresh.k, (row, i) => (row * 3 + (at.data[row] as number)) * 2 + i),
        v: written(cache.v, expected.fresh.v, (row, i) => (row * 2 + i) * 3 + (atV.data[row] as number)),
      }
    }
    expect(cache.k.data.every((value) => value !== 0)).toBe(true)
    expect(start.k.data.every((value) => value === 0)).toBe(true)
    await holding.drop()
    await Promise.all([plain.dispose(), held.dispose()])
  })

  test('runs started together share the held arrays; what one returned stays as it was', async () => {
    const held = jit(step, { device, writes })
    const holding = await held.hold({ scale, cache: start })
    const [first, second] = await Promise.all(calls.slice(0, 2).map((call) => holding.run(call)))
    expect(first!.seen.data[0]).toBe(0)
    expect(second!.seen.data[0]).not.toBe(0)
    expect(first!.k.data.every((value) => value === 0)).toBe(true)
    await holding.drop()
    await held.dispose()
  })

  test('two holdings of one function do not meet; dropping one leaves the other', async () => {
    const held = jit(step, { device, writes })
    const [a, b] = await Promise.all([held.hold({ scale, cache: start }), held.hold({ scale, cache: start })])
    await a.run(calls[0]!)
    await a.run(calls[1]!)
    expect((await b.run(calls[0]!)).seen.data[0]).toBe(0)
    await a.drop()
    expect((await b.run(calls[1]!)).seen.data[0]).not.toBe(0)
    await expect(a.run(calls[2]!)).rejects.toMatchObject({
      _tag: 'EngineStopped',
      message: expect.stringMatching(/after drop\(\)/),
    })
    await b.drop()
    await b.drop()
    await held.dispose()
  })

  test('a write needs its place with the call, inside the array', async () => {
    const held = jit(step, { device, writes })
    const { at, ...rest } = calls[0]!
    const holding = await held.hold({ scale, cache: start, at })
    await expect(holding.run(rest)).rejects.toMatchObject({
      _tag: 'InvalidInput',
      message: expect.stringMatching(/'at' with every call/),
    })
    const outside = await held.hold({ scale, cache: start })
    await expect(outside.run({ ...rest, at: hostTensor(Int32Array.of(0, 3)) })).rejects.toThrow(
      /index 3 is outside of \[0, 3\)/,
    )
    await held.dispose()
  })

  test('a row at −1 is not written', async () => {
    const held = jit(step, { device, writes })
    const holding = await held.hold({ scale, cache: start })
    const call = { ...calls[0]!, at: hostTensor(Int32Array.of(-1, 2)) }
    await holding.run(call)
    expect([...(await holding.run(call)).k.data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 12])
    await holding.drop()
    await held.dispose()
  })

  test('outputs that may be reused are those of the newest run, and right', async () => {
    const [plain, held] = [jit(step, { device, writes }), jit(step, { device, writes })]
    const [fresh, reusing] = [
      await plain.hold({ scale, cache: start }),
      await held.hold({ scale, cache: start }, {}, true),
    ]
    for (const call of calls) {
      const [expected, found] = [await fresh.run(call), await reusing.run(call)]
      expect([...found.k.data, ...found.seen.data]).toEqual([...expected.k.data, ...expected.seen.data])
      expect([found.k.shape, found.seen.dtype]).toEqual([[2, 3, 2], 'float32'])
    }
    await Promise.all([fresh.drop(), reusing.drop()])
    await Promise.all([plain.dispose(), held.dispose()])
  })

  test('a holding keeps to the shapes of its first run', async () => {
    const f = jitPerShape(({ w, x }: { w: tf.Tensor; x: tf.Tensor }) => ({ y: tf.add(tf.sum(w), tf.sum(x)) }), {
      device,
    })
    const holding = await f.hold({ w: hostTensor(Float32Array.of(1, 2)) })
    await holding.run({ x: hostTensor(Float32Array.of(1)) })
    await expect(holding.run({ x: hostTensor(Float32Array.of(1, 2)) })).rejects.toMatchObject({ _tag: 'ShapeChanged' })
    expect((await holding.run({ x: hostTensor(Float32Array.of(4)) })).y.data[0]).toBe(7)
    await f.dispose()
  })
})
