import * as tf from '@tensorflow/tfjs-core'

/** tfjs's own is off by 1e-6 where |x| > 14. */
const softplus: tf.KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs['x'] as tf.TensorInfo
  const cpu = backend as Pick<tf.KernelBackend, 'readSync' | 'write'>
  const exactly = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
  const values = Float64Array.from(cpu.readSync(dataId) as Float32Array, exactly)
  return { dataId: cpu.write(values as never, shape, dtype), shape, dtype }
}

/**
 * Runs `body` with every float32 tensor of the pure-JS backend holding float64 numbers, constants of a formula
 * included: what then differs from a reference by more than 1e-9 is the formula and not its rounding.
 *
 * tfjs asks for `Float32Array` by name whenever it makes one, so for the time of one synchronous call that name means
 * Float64Array. Tensors made inside must not be used outside.
 */
export const inDouble = <A>(body: () => A): A => {
  const { platform } = tf.env()
  const { isTypedArray } = platform
  const [single, kernel] = [globalThis.Float32Array, tf.getKernel('Softplus', 'cpu')]
  const withSoftplus = (kernelFunc: tf.KernelFunc): void => {
    tf.unregisterKernel('Softplus', 'cpu')
    tf.registerKernel({ ...kernel, kernelFunc })
  }
  globalThis.Float32Array = Float64Array as never
  platform.isTypedArray = (a): a is Float32Array => ArrayBuffer.isView(a)
  withSoftplus(softplus)
  try {
    return tf.tidy(() => body() as never) as A
  } finally {
    globalThis.Float32Array = single
    platform.isTypedArray = isTypedArray
    withSoftplus(kernel.kernelFunc)
  }
}
