import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { type Device, type HostTensor, hostTensor, jit } from '../index.ts'
import { webGpu } from '../testing/webgpu.ts'

const N = 70_000

/** The next of a state, what it was, and a number of another type. */
const step = ({ state }: { readonly state: { readonly a: tf.Tensor; readonly b: tf.Tensor } }) => ({
  state: { a: tf.add(state.a, state.b), b: tf.mul(state.b, 2) },
  before: state.a,
  count: tf.cast(tf.sum(state.b), 'int32'),
})
const filled = (value: number, n = N): HostTensor => hostTensor(new Float32Array(n).fill(value))
const start = () => ({ state: { a: filled(1), b: filled(3) } })

describe.each<Device>(['cpu', 'tfjs:cpu', ...webGpu])('on %s', (device) => {
  test('what is written over spent arrays is what a call gives, whatever was in them, and inputs stay', async () => {
    const f = jit(step, { device })
    const given = start()
    const expected = await f(given)
    let spent = { state: { a: filled(NaN), b: filled(-Infinity) }, before: filled(7) }
    for (let i = 0; i < 3; i++) {
      const found = await f.over(given, spent)
      expect(found.count.data[0]).toBe(3 * N)
      for (const [x, y] of [
        [found.state.a, expected.state.a],
        [found.state.b, expected.state.b],
        [found.before, expected.before],
      ] as const)
        expect(x.data.every((value, j) => value === y.data[j])).toBe(true)
      spent = found
    }
    expect(given.state.a.data.every((value) => value === 1)).toBe(true)
    expect(given.state.b.data).toHaveLength(N)
    await f.dispose()
  })

  test('arrays that are no place for an output are left alone', async () => {
    const f = jit(step, { device })
    const whole = new Float32Array(N + 1)
    const view = hostTensor(whole.subarray(1), [N])
    const [short, integers, other] = [filled(0, 3), hostTensor(new Int32Array(N)), filled(0)]
    const shared = hostTensor(new Float32Array(new SharedArrayBuffer(4 * N)))
    for (const spent of [{ state: { a: view, b: short } }, { state: { a: integers, b: shared }, nothing: other }]) {
      const { state } = await f.over(start(), spent)
      expect([state.a.data[0], state.b.data[N - 1]]).toEqual([4, 6])
    }
    expect([whole.length, short.data.length, integers.data.length, other.data.length]).toEqual([N + 1, 3, N, N])
    expect([...whole, ...shared.data, ...integers.data].every((value) => value === 0)).toBe(true)
    await f.dispose()
  })
})

test('compiled, the memory is taken', async () => {
  const f = jit(step)
  const spent = { state: { a: filled(0), b: filled(0) } }
  await f.over(start(), spent)
  expect(spent.state.a.data).toHaveLength(0)
  await f.dispose()
})
