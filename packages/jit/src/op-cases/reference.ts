import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '../gradients/register-gradients.ts'
import type { HostTensor } from '../host-tensor.ts'
import { registerMissingKernels } from '../kernels/register-missing-kernels.ts'
import { runEagerly } from './eager.ts'
import { finiteDifference } from './finite-difference.ts'
import type { OpCase } from './op-case.ts'

/** What every engine should answer. */
export interface Reference {
  readonly output: HostTensor
  /** Of Σ projection · f, one for each differentiable input. */
  readonly gradients: readonly HostTensor[]
}

const known = new Map<OpCase, Reference>()

/** The pure JavaScript backend's answer to a case, and what its finite differences say of the gradients. */
export const referenceFor = async (c: OpCase): Promise<Reference> => {
  const present = known.get(c)
  if (present !== undefined) return present
  await tf.setBackend('cpu')
  registerGradients()
  registerMissingKernels()
  const evaluate = (inputs: readonly HostTensor[]): HostTensor => runEagerly(c.f, inputs)
  const gradients = c.differentiable.map((i) => finiteDifference(evaluate, c.inputs, i))
  const reference = { output: evaluate(c.inputs), gradients }
  known.set(c, reference)
  return reference
}
