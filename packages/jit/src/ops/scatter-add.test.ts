import type * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { expect, test } from 'vitest'
import { type Device, hostTensor, jit, scatterAdd } from '../index.ts'

test.each<Device>(['tfjs:cpu', 'tfjs:wasm', 'cpu'])(
  'equal indices add up, other places stay, on %s',
  async (device) => {
    const f = jit(
      ({ base, at, values }: { base: tf.Tensor1D; at: tf.Tensor1D; values: tf.Tensor1D }) => ({
        out: scatterAdd(base, at, values),
      }),
      { device },
    )
    const base = hostTensor(Float32Array.of(10, 20, 30, 40))
    const { out } = await f({
      base,
      at: hostTensor(Int32Array.of(3, 0, 3, 3)),
      values: hostTensor(Float32Array.of(1, 2, 4, 8)),
    })
    expect(out).toEqual(hostTensor(Float32Array.of(12, 20, 30, 53)))
    expect([...base.data]).toEqual([10, 20, 30, 40])
    await f.dispose()
  },
)
