import { fold, keyOf } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'
import { normals } from '../normals.ts'

/**
 * [outputs, hidden] drawn from N(0, 1 / (hidden + 1)): what a head answers to a state of unit components has variance
 * below 1 before it has learned anything.
 *
 * @see Stiennon et al. 2020, arXiv:2009.01325, whose reward heads begin so
 */
export const initialHead = (name: string, outputs: number, hidden: number, seed: number): HostTensor => {
  if (![outputs, hidden].every((n) => Number.isSafeInteger(n) && n >= 1))
    throw new RangeError(`a head of ${outputs} numbers on ${hidden} components: both are whole numbers of at least 1`)
  return hostTensor(normals(fold(keyOf(seed), 'head', name), outputs * hidden, (hidden + 1) ** -0.5), [outputs, hidden])
}
