import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, expect, test } from 'vitest'
import { hostTensor, jit } from '../index.ts'

beforeEach(() => tf.setBackend('cpu'))

const x = hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2])
/** The error of compiling `f`, and the backend that it leaves current. */
const refusal = async (
  f: (x: tf.Tensor) => unknown,
): Promise<Error & { _tag?: string; detail?: Record<string, unknown> }> => {
  const error = await jit((given: { x: tf.Tensor }) => ({ y: f(given.x) as tf.Tensor }))({ x }).then(
    () => {
      throw new Error('it compiled')
    },
    (e: Error) => e,
  )
  expect(tf.getBackend()).toBe('cpu')
  expect([...tf.scalar(2).dataSync()]).toEqual([2])
  return error
}
/** `refusals.test.ts:LINE` of the line after the caller's. */
const nextLine = (): string => {
  const [, line] = /refusals\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)!
  return `refusals.test.ts:${Number(line) + 1}:`
}

test('an op that cannot be compiled is named, with the line that called it', async () => {
  let line = ''
  const error = await refusal((t) => {
    line = nextLine()
    return tf.image.resizeBilinear(tf.reshape(t, [2, 2, 1]) as tf.Tensor3D, [4, 4])
  })
  expect(error._tag).toBe('OpNotLowered')
  expect(error.message).toContain('ResizeBilinear')
  expect(error.message).toContain(line)
  expect(error.detail).toEqual({ op: 'ResizeBilinear' })
})

test('an op that no backend has is named as well', async () => {
  expect((await refusal(() => tf.engine().runKernel('NoSuchKernel', {}))).message).toMatch(
    /NoSuchKernel at .*refusals\.test\.ts/,
  )
})

test.each([
  ['dataSync', (t: tf.Tensor) => t.dataSync().length],
  ['arraySync', (t: tf.Tensor) => (t.arraySync() as number[]).length],
])('a value read by %s while compiling is an error with the line that read it', async (_, read) => {
  let line = ''
  const error = await refusal((t) => {
    line = nextLine()
    return tf.scalar(t.rank === 2 ? tf.exp(t).dataSync().length : 0)
  })
  expect(error._tag).toBe('ValueReadWhileTracing')
  expect(error.message).toContain('[2, 2]')
  expect(error.message).toContain(line)
  expect((await refusal((t) => tf.scalar(read(t)))).message).toMatch(/refusals\.test\.ts/)
})

test('a constant may be read while compiling: its value is known', async () => {
  const double = jit((given: { x: tf.Tensor }) => ({ y: tf.mul(given.x, tf.tensor1d([3, 4]).arraySync()[1]!) }))
  expect([...(await double({ x })).y.data]).toEqual([4, 8, 12, 16])
  await double.dispose()
})

test.each([
  ['randomUniform', () => tf.randomUniform([2])],
  ['randomNormal', () => tf.randomNormal([2])],
  ['truncatedNormal', () => tf.truncatedNormal([2])],
  ['randomUniform', (t: tf.Tensor) => tf.dropout(t, 0.5)],
  ['rand', () => tf.rand([2], Math.random)],
  ['Multinomial', () => tf.multinomial([0.5, 0.5], 3)],
])('%s would keep one draw for ever, and is refused', async (op, f) => {
  const error = await refusal(f)
  expect(error._tag).toBe('OpNotLowered')
  expect(error.message).toMatch(new RegExp(`the op ${op} at .*refusals\\.test\\.ts`))
})

test('an error of the user comes out as it was thrown, from inside a gradient too', async () => {
  const own = new TypeError('mine')
  const boom = (): never => {
    throw own
  }
  expect(await refusal(boom)).toBe(own)
  expect(await refusal((t) => tf.grad(() => boom())(t))).toBe(own)
})

test('what failed to compile is forgotten: the next call compiles anew, for its own shapes', async () => {
  let failing = true
  const f = jit((given: { x: tf.Tensor }) => {
    if (failing) throw new Error('not yet')
    return { y: tf.neg(given.x) }
  })
  await expect(f({ x })).rejects.toThrow('not yet')
  failing = false
  expect([...(await f({ x: hostTensor(Float32Array.of(5)) })).y.data]).toEqual([-5])
  await f.dispose()
})

test('an async function, a function without outputs and a number as an output are refused', async () => {
  await expect(jit((async () => ({})) as never)({})).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/async/),
  })
  await expect(jit((() => ({})) as never)({})).rejects.toMatchObject({ _tag: 'InvalidInput' })
  expect(await refusal(() => 5)).toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/'y' is number/),
  })
})

test('a tensor of an earlier trace is refused, with the line', async () => {
  let leaked: tf.Tensor | undefined
  const first = jit((given: { x: tf.Tensor }) => ({ y: (leaked = tf.keep(tf.neg(given.x))) }))
  await first({ x })
  await first.dispose()
  expect(await refusal((t) => tf.add(t, leaked!))).toMatchObject({
    _tag: 'ValueReadWhileTracing',
    message: expect.stringMatching(/earlier trace .*refusals\.test\.ts/),
  })
})
