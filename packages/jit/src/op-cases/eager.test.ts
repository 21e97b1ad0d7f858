import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { describe, expect, test } from 'vitest'
import { gradientRules } from '../gradients/register-gradients.ts'
import { gradientsEagerly, runEagerly } from './eager.ts'
import { deviation } from './finite-difference.ts'
import { opCases } from './op-cases.ts'
import { referenceFor } from './reference.ts'

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  test.each(opCases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    const { output, gradients } = await referenceFor(c)
    await tf.setBackend(backend)
    const before = tf.memory().numTensors
    expect(deviation(runEagerly(c.f, c.inputs), output)).toBeLessThan(1e-5)
    gradientsEagerly(c.f, c.inputs, c.differentiable).forEach((gradient, i) =>
      expect(deviation(gradient, gradients[i]), `gradient of input ${c.differentiable[i]}`).toBeLessThan(5e-4),
    )
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
  })
})

test('every gradient rule has a case', () => {
  const covered = new Set(opCases.flatMap(({ kernels }) => kernels))
  expect(gradientRules.map(({ kernelName }) => kernelName).filter((kernel) => !covered.has(kernel))).toEqual([])
})
