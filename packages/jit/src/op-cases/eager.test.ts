import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { registerGradients } from '../gradients/register-gradients.ts'
import type { HostTensor } from '../host-tensor.ts'
import { registerMissingKernels } from '../kernels/register-missing-kernels.ts'
import { gradientsEagerly, runEagerly } from './eager.ts'
import { deviation, finiteDifference } from './finite-difference.ts'
import { opCases } from './op-cases.ts'
import type { OpCase } from './op-case.ts'

interface Expected {
  readonly output: HostTensor
  readonly gradients: readonly HostTensor[]
}

const known = new Map<OpCase, Expected>()

/** The pure JavaScript backend's answer, and what its finite differences say of the gradients. */
const reference = async (c: OpCase): Promise<Expected> => {
  const present = known.get(c)
  if (present !== undefined) return present
  await tf.setBackend('cpu')
  const evaluate = (inputs: readonly HostTensor[]): HostTensor => runEagerly(c.f, inputs)
  const gradients = c.differentiable.map((i) => finiteDifference(evaluate, c.inputs, i))
  const expected = { output: evaluate(c.inputs), gradients }
  known.set(c, expected)
  return expected
}

beforeAll(() => {
  registerGradients()
  registerMissingKernels()
})

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  test.each(opCases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    const { output, gradients } = await reference(c)
    await tf.setBackend(backend)
    const before = tf.memory().numTensors
    expect(deviation(runEagerly(c.f, c.inputs), output)).toBeLessThan(1e-5)
    if (c.differentiable.length > 0)
      gradientsEagerly(c.f, c.inputs, c.differentiable).forEach((gradient, i) =>
        expect(deviation(gradient, gradients[i]), `gradient ${c.differentiable[i]}`).toBeLessThan(5e-4),
      )
    expect(tf.memory().numTensors).toBe(before)
  })
})
