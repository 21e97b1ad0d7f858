import { hostScalar, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Why nothing can run on WebGPU here; undefined where it can. GFNLM_WEBGPU=1 says that an adapter must be there: without
 * one, importing this fails.
 */
export const noWebGpu: string | undefined = await jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), {
  device: 'webgpu',
})({ x: hostScalar(1) }).then(
  () => undefined,
  (error: Error) => {
    if (process.env['GFNLM_WEBGPU'] === '1') throw error
    return error.message.split('\n')[0]!
  },
)
