import type { Trajectories } from '@gfnlm/env'

/** Completions, and which of them count; absent: all. */
export type Choosing = Pick<Trajectories, 'rows' | 'width' | 'length' | 'mdp'> & { readonly keep?: Uint8Array }

/** [rows] the last step at which the policy chose: the terminator's, unless it was forced. */
export const lastChoices = ({ length, mdp }: Choosing): Int32Array =>
  length.map((end) => Math.min(end, mdp.leaf === 'free' ? mdp.maxLength : mdp.maxLength - 1))

/** [rows, width] 1 where the policy of a row that counts chose: up to the terminator, forced ones left out. */
export const choices = (batch: Choosing): Float32Array => {
  const { rows, width, keep } = batch
  const last = lastChoices(batch)
  return Float32Array.from({ length: rows * width }, (_, cell) => {
    const row = Math.floor(cell / width)
    return keep?.[row] !== 0 && cell % width <= last[row]! ? 1 : 0
  })
}
