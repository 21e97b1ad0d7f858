import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { type Device, hostScalar, hostZeros, jit, jitPerShape } from '../index.ts'
import { ask } from './engine.ts'
import { onnxExecutable } from './onnx-executable.ts'

beforeAll(() => tf.setBackend('cpu'))

test.each<Device>(['cpu', 'tfjs:cpu'])(
  'on %s a disposed function compiles anew at its next call, for any shape',
  async (device) => {
    let compiled = 0
    const f = jit(
      ({ x }: { x: tf.Tensor }, { w }) => {
        compiled++
        return { y: tf.mul(x, w!) }
      },
      { device, constants: { w: hostScalar(2) } },
    )
    const before = tf.memory().numTensors
    await f({ x: hostScalar(3) })
    await f.dispose()
    expect(tf.memory().numTensors).toBe(before)
    await f.dispose()
    compiled = 0
    expect((await f({ x: hostScalar(5) })).y.data[0]).toBe(10)
    expect(compiled).toBe(1)
    await f.dispose()
  },
)

test('a released session and dropped arrays are gone, and say so', async () => {
  const executable = onnxExecutable(
    ({ x }) => ({ y: tf.neg(x!) }),
    { x: { shape: [], dtype: 'float32' } },
    {},
    'cpu',
    [],
  )
  const { hold, run, dispose } = await executable
  const held = await hold({ x: hostScalar(1) })
  expect((await held.run({})).y!.data[0]).toBe(-1)
  await held.drop()
  await expect(held.run({})).rejects.toMatchObject({
    _tag: 'EngineStopped',
    message: expect.stringMatching(/held arrays were dropped/),
  })
  await dispose()
  await expect(run({ x: hostScalar(1) })).rejects.toMatchObject({
    _tag: 'EngineStopped',
    message: expect.stringMatching(/session was released/),
  })
})

test('one shape that does not compile keeps no other from being disposed', async () => {
  const f = jitPerShape(({ x }: { x: tf.Tensor }) => {
    if (x.rank > 0) throw new Error('mine')
    return { y: tf.neg(x) }
  })
  const before = await ask({ kind: 'hold', device: 'cpu', tensors: {}, given: {}, writes: [] })
  const calls = [f({ x: hostZeros([2]) }), f({ x: hostScalar(1) })]
  const settled = Promise.allSettled(calls)
  await expect(f.dispose()).rejects.toThrow('mine')
  await settled
  const session = before.kind === 'handle' ? before.handle + 1 : 0
  expect(await ask({ kind: 'run', session, feeds: {} })).toMatchObject({
    kind: 'gone',
    message: expect.stringMatching(/session was released/),
  })
})

test.each<[Device, RegExp]>([
  ['tfjs:nothere', /no tfjs backend 'nothere' is registered/],
  ['cuda', /device 'cuda' could not be used/],
  ['webgpu', /device 'webgpu' could not be used/],
])('a device computes, or is told by name not to be there: %s', async (device, message) => {
  const f = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), { device })
  await f({ x: hostScalar(1) }).then(
    ({ y }) => expect([device, y.data[0]]).toEqual([expect.not.stringMatching('nothere'), -1]),
    (error: unknown) =>
      expect(error).toMatchObject({
        _tag: 'DeviceUnavailable',
        message: expect.stringMatching(message),
        fix: expect.stringMatching(/\S/),
      }),
  )
  expect(tf.getBackend()).toBe('cpu')
  await f.dispose()
})

test('a device that failed is tried again at the next call', async () => {
  const f = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), { device: 'tfjs:late' })
  await expect(f({ x: hostScalar(1) })).rejects.toMatchObject({ _tag: 'DeviceUnavailable' })
  tf.registerBackend('late', () => {
    throw new Error('no adapter')
  })
  await expect(f({ x: hostScalar(1) })).rejects.toMatchObject({
    _tag: 'DeviceUnavailable',
    message: expect.stringMatching(/could not start: no adapter/),
  })
  tf.removeBackend('late')
})

test('when the engine stops, what waits is told, and functions of the old engine never meet a session of the new', async () => {
  const double = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) }))
  await double({ x: hostScalar(1) })
  // no request of this kind exists: the engine's thread ends with an uncaught error
  const stopped = await Promise.allSettled([ask({ kind: 'stop' } as never), double({ x: hostScalar(2) })])
  expect(stopped.map((s) => s.status === 'rejected' && s.reason._tag)).toEqual(['EngineStopped', 'EngineStopped'])
  const triple = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 3) }))
  expect((await triple({ x: hostScalar(2) })).y.data[0]).toBe(6)
  await expect(double({ x: hostScalar(2) })).rejects.toMatchObject({
    _tag: 'EngineStopped',
    message: expect.stringMatching(/compiles anew/),
  })
  await double.dispose()
  expect((await double({ x: hostScalar(2) })).y.data[0]).toBe(4)
  await Promise.all([double.dispose(), triple.dispose()])
})
