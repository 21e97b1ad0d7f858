import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { type Device, hostScalar, hostTensor, jit } from '../index.ts'

beforeAll(() => tf.setBackend('cpu'))

const devices: readonly Device[] = ['cpu', 'tfjs:wasm', 'tfjs:cpu', 'cpu']

test('functions on several devices run at the same time and each gets its own answers', async () => {
  const functions = devices.map((device, i) =>
    jit(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, 10), i) }), { device }),
  )
  const answers = await Promise.all(
    functions.flatMap((f, i) => [1, 2, 3].map(async (x) => [i, x, (await f({ x: hostScalar(x) })).y.data[0]])),
  )
  expect(answers).toEqual(answers.map(([i, x]) => [i, x, 10 * x! + i!]))
  await Promise.all(functions.map((f) => f.dispose()))
})

test('functions on several threads of the engine run at the same time', async () => {
  const waiting = [0, 1].map((thread) =>
    jit(
      ({ x }: { x: tf.Tensor2D }) => {
        let y = x
        for (let i = 0; i < 8; i++) y = tf.matMul(x, y)
        return { y: tf.sum(y) }
      },
      { thread },
    ),
  )
  const n = 512 // sums of powers of two are exact
  const x = hostTensor(new Float32Array(n * n).fill(1 / n), [n, n])
  await Promise.all(waiting.map((f) => f({ x })))
  const order: string[] = []
  const call = async (thread: number, name: string): Promise<void> => {
    expect((await waiting[thread]!({ x })).y.data[0]).toBe(n)
    order.push(name)
  }
  // the second thread answers before the first has answered all that it was asked before, which takes long enough for
  // the second to get a turn on a busy machine
  await Promise.all([...Array.from({ length: 30 }, (_, i) => call(0, `call ${i}`)), call(1, 'other')])
  expect(order.at(-1)).not.toBe('other')
  await Promise.all(waiting.map((f) => f.dispose()))
})

test('while functions wait for their turn, the caller keeps the backend it chose', async () => {
  const names: string[] = []
  const eager = jit(({ x }: { x: tf.Tensor }) => (names.push(tf.getBackend()), { y: tf.neg(x) }), {
    device: 'tfjs:wasm',
  })
  const running = eager({ x: hostScalar(1) })
  expect(tf.getBackend()).toBe('cpu')
  await running
  const calls = [eager({ x: hostScalar(2) }), eager({ x: hostScalar(3) })]
  let done = false
  void Promise.all(calls).then(() => {
    done = true
  })
  while (!done) {
    expect(tf.getBackend()).toBe('cpu')
    await Promise.resolve()
    await new Promise(setImmediate)
  }
  expect(names).toEqual(['wasm', 'wasm', 'wasm'])
  await eager.dispose()
})

test('an eager function that throws gives the backend back', async () => {
  const f = jit(
    (): { y: tf.Tensor } => {
      throw new Error('mine')
    },
    { device: 'tfjs:wasm' },
  )
  await expect(f({})).rejects.toThrow('mine')
  expect(tf.getBackend()).toBe('cpu')
})

test('the event loop keeps turning while a graph runs', async () => {
  const n = 512 // sums of powers of two are exact
  const heavy = jit(({ x }: { x: tf.Tensor2D }) => {
    let y = x
    for (let i = 0; i < 8; i++) y = tf.matMul(x, y)
    return { y: tf.sum(y) }
  })
  const x = hostTensor(new Float32Array(n * n).fill(1 / n), [n, n])
  await heavy({ x })
  let ticks = 0
  let running = true
  const count = (): void => {
    ticks++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  expect((await heavy({ x })).y.data[0]).toBe(n)
  running = false
  // run on this thread it would be one or two: each turn waits for the call to return
  expect(ticks).toBeGreaterThan(20)
  await heavy.dispose()
})
