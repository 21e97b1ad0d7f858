import { hostScalar, hostTensor, jit } from '@gfnlm/jit'
import type * as tf from '@tensorflow/tfjs-core'
import type { Optimizer } from '../optimizer/optimizer.ts'

/** Parameters after each of the given gradients, compiled as the trainer compiles them. */
export const follow = async (
  optimizer: Optimizer,
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  rate: number,
): Promise<number[][]> => {
  type Named = Readonly<Record<string, tf.Tensor1D>>
  const run = jit(
    (given: { parameters: tf.Tensor; gradients: tf.Tensor; moments: Named; rate: tf.Tensor; coefficients: Named }) =>
      optimizer.update({
        ...given,
        parameters: given.parameters as tf.Tensor1D,
        gradients: given.gradients as tf.Tensor1D,
        moments: given.moments ?? {},
        coefficients: given.coefficients ?? {},
      }),
  )
  let parameters = hostTensor(Float32Array.from(start))
  let moments = Object.fromEntries(optimizer.moments.map((name) => [name, hostTensor(new Float32Array(start.length))]))
  const path: number[][] = []
  for (const [step, gradient] of gradients.entries()) {
    const coefficients = Object.fromEntries(
      Object.entries(optimizer.coefficients(step)).map(([name, n]) => [name, hostScalar(n)]),
    )
    const out = await run({
      parameters,
      gradients: hostTensor(Float32Array.from(gradient)),
      moments,
      rate: hostScalar(rate),
      coefficients,
    })
    parameters = out.parameters as typeof parameters
    moments = (out.moments ?? {}) as typeof moments
    path.push([...parameters.data])
  }
  await run.dispose()
  return path
}
