import * as tf from '@tensorflow/tfjs-core'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { hostScalar } from '../index.ts'
import { ask } from './engine.ts'
import { onnxExecutable } from './onnx-executable.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The handle of a session nobody holds any more: handles count up with the requests. */
const abandoned = async (): Promise<number> => {
  const before = await ask({ kind: 'hold', device: 'cpu', tensors: {}, given: {}, writes: [] })
  const executable = await onnxExecutable(
    ({ x }) => ({ y: tf.neg(x!) }),
    { x: { shape: [], dtype: 'float32' } },
    {},
    'cpu',
    [],
  )
  expect((await executable.run({ x: hostScalar(2) })).y!.data[0]).toBe(-2)
  if (before.kind !== 'handle') throw new Error('no handle')
  return before.handle + 1
}

test('a compiled function that nobody holds is freed', async () => {
  const session = await abandoned()
  const reply = () =>
    ask({ kind: 'run', session, feeds: { x: { dtype: 'float32', shape: [], data: Float32Array.of(1) } } })
  expect(await reply()).toMatchObject({ kind: 'outputs' })
  for (let i = 0; i < 50 && (await reply()).kind !== 'gone'; i++) {
    collect()
    await new Promise(setImmediate)
  }
  expect(await reply()).toMatchObject({ kind: 'gone' })
})
