import * as tf from '@tensorflow/tfjs-core'
import type { Device } from '../compile.ts'
import { hostScalar } from '../host-tensor.ts'
import { jit } from '../jit.ts'

/**
 * Why nothing can run on WebGPU here; undefined where it can. With GFNLM_WEBGPU=1 in the environment an adapter must be
 * there: without one, importing this fails.
 */
export const noWebGpu: string | undefined = await jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), {
  device: 'webgpu',
})({ x: hostScalar(1) }).then(
  () => undefined,
  (error: Error) => {
    if (process.env['GFNLM_WEBGPU'] === '1') throw error
    return error.message
  },
)

/** The device where it is there: for tests that run on several. */
export const webGpu: readonly Device[] = noWebGpu === undefined ? ['webgpu'] : []
