import { exceptTokens } from '@gfnlm/env'
import { reference } from '@gfnlm/policy'
import { type Reward, infillingLikelihood, shortPenalty } from '@gfnlm/reward'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { batchToJudge, judgedBy } from '../judged-batch.ts'
import type { Checker } from '../run-parity.ts'
import { scriptedPolicy } from '../scripted-policy.ts'
import { list, matrix, number, numbers } from '../json.ts'

/** The reference's shift of tokens that are not nice, where the file does not give it. */
const NOT_NICE = -99

/** log p(Z Y | X) of whole completions: plain, with a minimum length, and with a penalty on tokens of Z. */
export const posteriorReward: Checker = async ({ inputs, expected }) => {
  const eos = number(inputs.eos)
  const skipped = number(inputs.skip_first)
  const after = number(inputs.solution_len)
  const policy = scriptedPolicy(list(inputs.logits).map(matrix), skipped)
  const texts = matrix(inputs.ids).map((row) => {
    const end = row.findIndex((id, column) => column >= skipped && id === eos)
    return end < 0 ? row : row.slice(0, end)
  })
  const batch = batchToJudge(
    eos,
    texts.map((row) => row.slice(0, skipped)),
    texts.map((row) => row.slice(skipped, row.length - after)),
  )
  const base = {
    surroundings: ({ id }: { readonly id: string }) => {
      const row = texts[Number(id)]
      return { before: Int32Array.from(row.slice(0, skipped)), after: Int32Array.from(row.slice(row.length - after)) }
    },
    terminatorInText: false,
  }
  const plain = infillingLikelihood(reference(policy), base)
  const rewardOf = (key: string): Reward => {
    const minLength = /^min_len_(\d+)$/.exec(key)?.[1]
    if (minLength !== undefined) return shortPenalty(plain, { minLength: Number(minLength) })
    if (key === 'plain') return plain
    if (key !== 'nice_mask') throw new Error(`${key}: nothing to compare it with`)
    const penalty = inputs.vocab_alpha === undefined ? NOT_NICE : number(inputs.vocab_alpha)
    return infillingLikelihood(reference(policy), {
      ...base,
      logitShift: exceptTokens(policy.vocabSize, numbers(inputs.not_nice), penalty),
    })
  }
  const comparisons: Comparison[] = []
  for (const [key, values] of Object.entries(expected)) {
    const found = await judgedBy(rewardOf(key), batch)
    comparisons.push(
      inFloat32(
        key,
        Array.from(batch.length, (length, row) => found[row * batch.width + length]),
        values,
      ),
    )
  }
  return [{ part: '', comparisons }]
}
