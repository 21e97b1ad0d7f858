import { exceptTokens } from '@gfnlm/env'
import { reference } from '@gfnlm/policy'
import { likelihood, shortPenalty } from '@gfnlm/reward'
import { inFloat32 } from '../comparison.ts'
import { batchToJudge, judgedBy } from '../judged-batch.ts'
import { lengthsOf } from '../rollout-columns.ts'
import type { Checker } from '../run-parity.ts'
import { scriptedPolicy } from '../scripted-policy.ts'
import { list, matrix, number, numbers } from '../json.ts'

/** log R of every prefix under a frozen model, with and without −99 below the minimum length. */
export const nextSentenceReward: Checker = async ({ inputs, expected }) => {
  const promptLength = number(inputs.prompt_length)
  const terminator = number(inputs.termination_token_id)
  const ids = matrix(inputs.ids)
  const policy = scriptedPolicy(list(inputs.logits).map(matrix), promptLength)
  // The file's completions are as wide as its columns, however long they are.
  const columns = ids[0].length - promptLength
  const lengths = lengthsOf(inputs.ids, promptLength, terminator, columns)
  const prompts = ids.map((row) => row.slice(0, promptLength))
  const batch = batchToJudge(
    terminator,
    prompts,
    ids.map((row, i) => row.slice(promptLength, promptLength + lengths[i])),
  )
  const logitShift = exceptTokens(policy.vocabSize, numbers(inputs.illegal_ids), number(inputs.vocab_alpha))
  const plain = likelihood(reference(policy), { logitShift })
  const rewards = { log_r_unpenalized: plain, log_r: shortPenalty(plain, { minLength: number(inputs.min_len) }) }

  const comparisons = Object.entries(expected).map(async ([key, values]) => {
    const reward = rewards[key as keyof typeof rewards]
    if (reward === undefined) throw new Error(`${key}: nothing to compare it with`)
    const found = await judgedBy(reward, batch)
    // The reference has zeros past the end, where nothing is read.
    const cells = lengths.flatMap((length, row) => Array.from({ length: length + 1 }, (_, t) => ({ row, t })))
    const wanted = matrix(values)
    return inFloat32(
      key,
      cells.map(({ row, t }) => found[row * batch.width + t]),
      cells.map(({ row, t }) => wanted[row][t]),
    )
  })
  return [{ part: '', comparisons: await Promise.all(comparisons) }]
}
