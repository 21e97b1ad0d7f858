import type { Tensor3D } from '@tensorflow/tfjs-core'
import type { Columns, Policy, Tensors, TokenInput } from '../policy.ts'

/** What a policy must have to carry a head. */
export type Headed = Pick<Policy, 'name' | 'hidden'>

/**
 * [rows, columns.count, hidden] states of the columns after the final norm, inside a compiled function: what
 * `policy.unembed`, a value head and a score head read, so that one pass serves all of them.
 *
 * @throws RangeError for a policy that gives none
 */
export const hiddenStates = (
  policy: Headed,
  constants: Tensors,
  trainable: Tensors | null,
  input: TokenInput,
  columns: Columns,
): Tensor3D => {
  if (policy.hidden === undefined)
    throw new RangeError(
      `${policy.name} gives no hidden states: a head needs a policy with \`hidden\`, a pretrained one`,
    )
  return policy.hidden(constants, trainable, input, columns)
}
