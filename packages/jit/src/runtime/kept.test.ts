import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { type Device, hostTensor, hostZeros, jit, jitPerShape } from '../index.ts'
import { webGpu } from '../testing/webgpu.ts'

/** [rows, 2, 3, 2] keys that count their elements, and their sum. */
const made = ({ x }: { readonly x: tf.Tensor }) => {
  const k = tf.reshape(tf.add(x, tf.range(0, 24)), [2, 2, 3, 2])
  return { fresh: { k }, total: tf.sum(k) }
}
const x = hostTensor(Float32Array.of(100), [])

/** What is in a cache of 3 rows and 4 columns. */
const look = ({ cache, at }: { readonly cache: { readonly k: tf.Tensor }; readonly at: tf.Tensor }) => ({
  seen: cache.k,
  at,
})
const at = hostTensor(Int32Array.of(0))

describe.each<Device>(['cpu', 'tfjs:cpu', ...webGpu])('on %s', (device) => {
  test('kept outputs do not come back; pieces of them go to the beginning of held rows', async () => {
    const [make, cache] = [jit(made, { device }), jit(look, { device })]
    const { outputs, kept } = await make.keep({ x }, 'fresh')
    expect(outputs).toEqual({ total: hostTensor(Float32Array.of(24 * 100 + (23 * 24) / 2), []) })
    const holding = await cache.hold({}, { cache: { k: hostZeros([3, 2, 4, 2]) } })
    const pieces = Int32Array.of(1, 0, 1, 2, 0, 2, 0, 1)
    const { seen } = await holding.run({ at }, [{ kept, output: 'fresh', input: 'cache', axis: 2, pieces }])
    expect([...seen.data]).toEqual(
      [
        [114, 115, 116, 117, 0, 0, 0, 0, 120, 121, 122, 123, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [100, 101, 0, 0, 0, 0, 0, 0, 106, 107, 0, 0, 0, 0, 0, 0],
      ].flat(),
    )
    expect(seen.shape).toEqual([3, 2, 4, 2])
    expect((await holding.run({ at })).seen).toEqual(seen)
    await Promise.all([kept.drop(), holding.drop()])
    await Promise.all([make.dispose(), cache.dispose()])
  })

  test('held arrays can be copied from, after a run, into others of another size', async () => {
    const cache = jitPerShape(look, { device })
    const first = await cache.hold({
      cache: {
        k: hostTensor(
          Float32Array.from({ length: 16 }, (_, i) => i),
          [2, 1, 4, 2],
        ),
      },
    })
    await expect(first.kept()).rejects.toMatchObject({ _tag: 'InvalidInput' })
    await first.run({ at })
    const larger = await cache.hold({ cache: { k: hostZeros([1, 1, 6, 2]) } })
    const copies = [
      { kept: await first.kept(), output: 'cache', input: 'cache', axis: 2, pieces: Int32Array.of(1, 0, 0, 3) },
    ]
    expect([...(await larger.run({ at }, copies)).seen.data]).toEqual([8, 9, 10, 11, 12, 13, 0, 0, 0, 0, 0, 0])
    await first.drop()
    await expect(larger.run({ at }, copies)).rejects.toMatchObject({ _tag: 'InvalidInput' })
    await larger.drop()
    await cache.dispose()
  })

  test.each([
    ['a row that is not there', [2, 0, 0, 1]],
    ['no such target', [0, 3, 0, 1]],
    ['past the end', [0, 0, 2, 2]],
    ['before the beginning', [0, 0, -1, 1]],
  ])('a piece that does not fit is told: %s', async (_, pieces) => {
    const [make, cache] = [jit(made, { device }), jit(look, { device })]
    const { kept } = await make.keep({ x }, 'fresh')
    const holding = await cache.hold({ cache: { k: hostZeros([3, 2, 4, 2]) } })
    await expect(
      holding.run({ at }, [{ kept, output: 'fresh', input: 'cache', axis: 2, pieces: Int32Array.from(pieces) }]),
    ).rejects.toThrow(/do not go into row/)
    await Promise.all([make.dispose(), cache.dispose()])
  })

  test('what was dropped cannot be copied from', async () => {
    const [make, cache] = [jit(made, { device }), jit(look, { device })]
    const { kept } = await make.keep({ x }, 'fresh')
    await kept.drop()
    await kept.drop()
    const holding = await cache.hold({ cache: { k: hostZeros([3, 2, 4, 2]) } })
    const copies = { kept, output: 'fresh', input: 'cache', axis: 2, pieces: Int32Array.of(0, 0, 0, 1) }
    await expect(holding.run({ at }, [copies])).rejects.toMatchObject({
      _tag: 'InvalidInput',
      message: expect.stringMatching(/was dropped/),
    })
    await Promise.all([make.dispose(), cache.dispose()])
  })
})

test('copies from another thread of the engine are refused', async () => {
  const [make, cache] = [jit(made, { thread: 1 }), jit(look, { thread: 0 })]
  const { kept, outputs } = await make.keep({ x }, 'fresh')
  expect(outputs.total.data[0]).toBe(24 * 100 + (23 * 24) / 2)
  const holding = await cache.hold({ cache: { k: hostZeros([3, 2, 4, 2]) } })
  await expect(
    holding.run({ at }, [{ kept, output: 'fresh', input: 'cache', axis: 2, pieces: Int32Array.of(0, 0, 0, 1) }]),
  ).rejects.toMatchObject({ _tag: 'InvalidInput' })
  await kept.drop()
  await Promise.all([make.dispose(), cache.dispose()])
})

test('copies from another device, or between arrays of other sizes, are refused', async () => {
  const [make, cache] = [jit(made, { device: 'tfjs:cpu' }), jit(look)]
  const { kept } = await make.keep({ x }, 'fresh')
  const pieces = Int32Array.of(0, 0, 0, 1)
  const holding = await cache.hold({ cache: { k: hostZeros([3, 2, 4, 2]) } })
  await expect(holding.run({ at }, [{ kept, output: 'fresh', input: 'cache', axis: 2, pieces }])).rejects.toMatchObject(
    { _tag: 'InvalidInput' },
  )
  const here = await jit(made).keep({ x }, 'fresh')
  const other = await jit(look).hold({ cache: { k: hostZeros([3, 2, 4, 5]) } })
  await expect(
    other.run({ at }, [{ kept: here.kept, output: 'fresh', input: 'cache', axis: 2, pieces }]),
  ).rejects.toThrow(/cannot be copied into \[3, 2, 4, 5\]/)
})
