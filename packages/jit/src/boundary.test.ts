import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Device, type HostTensor, hostScalar, hostTensor, jit } from './index.ts'

beforeAll(() => tf.setBackend('cpu'))

const floats = (...data: readonly number[]) => hostTensor(Float32Array.from(data))
const ints = (...data: readonly number[]) => hostTensor(Int32Array.from(data))
const bools = (...data: readonly number[]) => hostTensor(Uint8Array.from(data))

describe.each<Device>(['cpu', 'tfjs:cpu', 'tfjs:wasm'])('on %s', (device) => {
  test('trees go in and out with their names; absent entries stay absent', async () => {
    interface In {
      readonly a: { readonly b: tf.Tensor; readonly c?: tf.Tensor }
      readonly d?: tf.Tensor
    }
    const f = jit(
      ({ a, d }: In) => ({
        sum: { inner: tf.add(a.b, 1), none: undefined },
        ...(a.c === undefined && d === undefined ? { absent: tf.neg(a.b) } : {}),
      }),
      { device },
    )
    const out = await f({ a: { b: floats(1, 2), c: undefined }, d: undefined } as never)
    expect(out).toEqual({ sum: { inner: floats(2, 3) }, absent: floats(-1, -2) })
    await f.dispose()
  })

  test('a single array is a tree too', async () => {
    const f = jit((x: tf.Tensor) => tf.mul(x, x), { device })
    expect(await f(floats(3))).toEqual(floats(9))
    await f.dispose()
  })

  test('whole numbers and truth values keep their types both ways', async () => {
    const f = jit(
      ({ i, b }: { i: tf.Tensor; b: tf.Tensor }) => ({
        i: tf.add(i, tf.scalar(1, 'int32')),
        same: tf.logicalNot(b),
        less: tf.less(i, 3),
        count: tf.sum(tf.cast(b, 'int32')),
      }),
      { device },
    )
    expect(await f({ i: ints(1, 16_777_217), b: bools(1, 0) })).toEqual({
      i: ints(2, 16_777_218),
      same: bools(0, 1),
      less: bools(1, 0),
      count: hostTensor(Int32Array.of(1), []),
    })
    await f.dispose()
  })

  test('an output may be an input, a constant, a number, or the output of another name; every call gives it anew', async () => {
    const f = jit(
      ({ x }: { x: tf.Tensor }, { w }) => {
        const y = tf.add(x, w!)
        return { x, w: w!, zeros: tf.zeros([2]), seven: tf.scalar(7), y, again: y, flat: tf.reshape(x, [2, 1]) }
      },
      { device, constants: { w: floats(5, 6) } },
    )
    const x = floats(1, 2)
    for (let call = 0; call < 2; call++) {
      const out = await f({ x })
      expect(out).toEqual({
        x,
        w: floats(5, 6),
        zeros: floats(0, 0),
        seven: hostScalar(7),
        y: floats(6, 8),
        again: floats(6, 8),
        flat: hostTensor(Float32Array.of(1, 2), [2, 1]),
      })
      for (const { data } of Object.values(out) as HostTensor[]) data.fill(-1)
    }
    expect(x).toEqual(floats(1, 2))
    await f.dispose()
  })

  test('views are sent as what they show; arrays passed in are neither changed nor taken away', async () => {
    const buffer = Float32Array.of(9, 1, 2, 9)
    const whole = Float32Array.of(1, 2)
    const shared = new Float32Array(new SharedArrayBuffer(8))
    shared.set([1, 2])
    const f = jit(({ x, c }: { x: tf.Tensor; c: tf.Tensor }, { w }) => ({ y: tf.add(tf.add(x, c), w!) }), {
      device,
      constants: { w: hostTensor(buffer.subarray(2)) },
    })
    for (const data of [buffer.subarray(1, 3), whole, shared])
      expect((await f({ x: hostTensor(data), c: hostTensor(data) })).y).toEqual(floats(4, 13))
    expect([...buffer, ...whole, ...shared]).toEqual([9, 1, 2, 9, 1, 2, 1, 2])
    await f.dispose()
  })

  test('an input that the function does not read is not needed where it runs', async () => {
    const f = jit(({ x }: { x: tf.Tensor; unread: tf.Tensor }) => ({ y: tf.neg(x) }), { device })
    expect((await f({ x: floats(1), unread: floats(1, 2, 3) })).y).toEqual(floats(-1))
    await f.dispose()
  })

  test('empty arrays pass', async () => {
    const f = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.concat([x, tf.ones([1, 2])]), x }), { device })
    const { x, y } = await f({ x: hostTensor(new Float32Array(0), [0, 2]) })
    expect([x.shape, y]).toEqual([[0, 2], hostTensor(Float32Array.of(1, 1), [1, 2])])
    await f.dispose()
  })
})

test('tensors that the function closed over become constants of the graph, with the values of the first call', async () => {
  const made = tf.tensor1d([10, 20])
  const variable = tf.variable(tf.scalar(3))
  const f = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, variable), made), made: tf.add(made, made) }))
  expect(await f({ x: floats(1, 2) })).toEqual({ y: floats(13, 26), made: floats(20, 40) })
  variable.assign(tf.scalar(100))
  expect((await f({ x: floats(1, 2) })).y).toEqual(floats(13, 26))
  expect([...made.dataSync()]).toEqual([10, 20])
  await f.dispose()
})

test('constants are no inputs: they are not part of a call', async () => {
  const f = jit(({ x }: { x: tf.Tensor }, { w }) => ({ y: tf.mul(x, w!) }), { constants: { w: floats(2) } })
  expect((await f({ x: floats(3) })).y).toEqual(floats(6))
  await expect(f({ x: floats(3), w: floats(2) } as never)).rejects.toThrow(
    /input 'w' is float32 \[1\], and the function was compiled for absent/,
  )
  await f.dispose()
})

test.each<[string, unknown]>([
  ["'x' is number", { x: 5 }],
  ["'x' is Float32Array", { x: Float32Array.of(1) }],
  ["'x' is null", { x: null }],
  ["input 'x' holds a tf.Tensor", { x: { shape: [1], dtype: 'float32', data: () => 1 } }],
  ["input 'x' says float32 and holds a Int32Array", { x: { shape: [1], dtype: 'float32', data: Int32Array.of(1) } }],
  [
    "input 'x' has 2 elements, which do not fill the shape [3]",
    { x: { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2) } },
  ],
  ["a name under '' is empty", { '': floats(1) }],
])('an input that is no array is told by name: %s', async (message, input) => {
  const f = jit((given: { x: tf.Tensor }) => ({ y: tf.neg(given.x) }))
  await expect(f(input as never)).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringContaining(message),
  })
})
