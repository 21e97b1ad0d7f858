import { fault } from '@gfnlm/env'
import { type HostTensor, type HostTree, isHostTensor, sizeOf } from '@gfnlm/jit'
import type { Policy } from './policy.ts'

/** What arrays of token ids are called among those that batches become. */
const OF_TOKENS: readonly string[] = ['tokens', 'prompts', 'actions', 'branches', 'next', 'rest']

const check = (name: string, { data, shape }: HostTensor, policy: Pick<Policy, 'name' | 'vocabSize'>): void => {
  const { vocabSize } = policy
  const at = data.findIndex((id) => !(id >= 0 && id < vocabSize))
  if (at < 0) return
  const width = sizeOf(shape.slice(1))
  const [row, column, token] = [Math.floor(at / width), at % width, data[at]!]
  throw fault(
    'TokenOutOfVocabulary',
    `${name}, row ${row}, column ${column}: token ${token} is none of the ${vocabSize} of ${policy.name}`,
    'Encode texts with the tokenizer of this model, and give it the ids of its own special tokens.',
    { array: name, row, column, token, vocabSize },
  )
}

/**
 * The arrays of a batch, whose tokens are all of a policy's vocabulary. In a compiled function another id is the logit
 * of another row, and nothing there could tell.
 *
 * @param arrays a tree of arrays, of which those called `tokens`, `prompts`, `actions`, `branches`, `next` or `rest` are ids
 * @throws a TokenOutOfVocabulary fault that says which array, row and column has another id
 * @example inVocabulary(policy, packRows(batch, settledTokens(batch)))
 */
export const inVocabulary = <Tree extends object>(policy: Pick<Policy, 'name' | 'vocabSize'>, arrays: Tree): Tree => {
  if (isHostTensor(arrays)) return arrays
  for (const [name, array] of Object.entries(arrays) as [string, HostTree | undefined][]) {
    if (array === undefined) continue
    if (!isHostTensor(array)) inVocabulary(policy, array)
    else if (OF_TOKENS.includes(name)) check(name, array, policy)
  }
  return arrays
}
