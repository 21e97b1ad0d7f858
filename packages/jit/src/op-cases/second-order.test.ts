import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { piecewiseConstant } from '../gradients/piecewise-constant.ts'
import { registerGradients } from '../gradients/register-gradients.ts'
import type { HostTensor } from '../host-tensor.ts'
import { registerMissingKernels } from '../kernels/register-missing-kernels.ts'
import { gradientsEagerly, gradientsOf, runEagerly } from './eager.ts'
import { deviation, finiteDifference } from './finite-difference.ts'
import { opCases } from './op-cases.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
  registerMissingKernels()
})

const flat = new Set(piecewiseConstant.map(({ kernelName }) => kernelName))

const curved = opCases.filter(
  ({ name, kernels, inputs, differentiable }) =>
    differentiable.length > 0 &&
    inputs.every(({ data }) => data.length > 0) &&
    !kernels.some((kernel) => flat.has(kernel)) &&
    // TensorFlow.js's own gradient of it takes the probabilities for constants
    name !== 'logSoftmax',
)

// squared, so that linear operations have a second derivative too
test.each(curved.map((c) => [c.name, c] as const))('the gradient of %s is differentiable', (_, c) => {
  const gradients = gradientsOf((...inputs) => tf.square(c.f(...inputs)), c.differentiable)
  const slopes = (...inputs: tf.Tensor[]): tf.Tensor =>
    tf.concat(gradients(...inputs).map((slope) => tf.reshape(slope, [-1])))
  const evaluate = (inputs: readonly HostTensor[]): HostTensor => runEagerly(slopes, inputs)
  gradientsEagerly(slopes, c.inputs, c.differentiable).forEach((second, i) => {
    const which = c.differentiable[i]
    expect(deviation(second, finiteDifference(evaluate, c.inputs, which)), `input ${which}`).toBeLessThan(2e-3)
  })
})
