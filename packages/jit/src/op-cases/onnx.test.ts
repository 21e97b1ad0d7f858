import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { LOWERINGS } from '../trace/lower/index.ts'
import { gradientsOf } from './eager.ts'
import { deviation } from './finite-difference.ts'
import { runOnOnnx } from './on-onnx.ts'
import { opCases } from './op-cases.ts'
import { referenceFor } from './reference.ts'

test.each(opCases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
  const reference = await referenceFor(c)
  const gradients = gradientsOf(c.f, c.differentiable)
  const [output, ...slopes] = await runOnOnnx((...inputs) => [c.f(...inputs), ...gradients(...inputs)], c.inputs)
  expect(deviation(output, reference.output)).toBeLessThan(1e-5)
  slopes.forEach((slope, i) =>
    expect(deviation(slope, reference.gradients[i]), `gradient of input ${c.differentiable[i]}`).toBeLessThan(5e-4),
  )
})

// kernels that no op of TensorFlow.js 4.22 calls: it composes these from others
const unreached = ['LogSoftmax']

test('every kernel that can be compiled has a case', () => {
  const covered = new Set([...unreached, ...opCases.flatMap(({ kernels }) => kernels)])
  expect(Object.keys(LOWERINGS).filter((kernel) => !covered.has(kernel))).toEqual([])
})
