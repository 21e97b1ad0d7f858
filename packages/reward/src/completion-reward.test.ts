import { fault, isFault, tokenMDP } from '@gfnlm/env'
import { isLeft } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { annotateBatch } from './annotate.ts'
import { type JudgeFunction, completionReward } from './completion-reward.ts'
import { sumOfRewards } from './sum-of-rewards.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const mdp = tokenMDP({ terminator: 9, maxLength: 2 })
const batch = trajectoriesOf(
  mdp,
  [promptOf('p', [1]), promptOf('q', [2])],
  [
    [[1], []],
    [[1, 2], [3]],
  ],
)
const decode = (ids: Int32Array): string => ids.join(' ')

const judgedBy = async (judge: JudgeFunction): Promise<(readonly number[])[]> => {
  const judged = await completionReward(decode, judge)(batch)()
  if (isLeft(judged)) throw judged.left
  return Array.from({ length: batch.rows }, (_, row) =>
    Array.from(judged.right.logReward.subarray(row * 3, row * 3 + 3)),
  )
}

test('the judge sees prompt, text and tokens without the terminator; its answer stands at the end', async () => {
  const seen: string[] = []
  const rewards = await judgedBy((completions) =>
    completions.map(({ prompt, text, tokens }, i) => (seen.push(`${prompt.id}:${text}/${tokens.length}`), -i)),
  )
  expect(seen).toEqual(['p:1/1', 'p:/0', 'q:1 2/2', 'q:3/1'])
  expect(rewards).toEqual([
    [NaN, -0, NaN],
    [-1, NaN, NaN],
    [NaN, NaN, -2],
    [NaN, -3, NaN],
  ])
})

test('a completion that breaks the judge costs itself only', async () => {
  const judge: JudgeFunction = (completions) =>
    completions.map(({ text }) => {
      if (text === '1 2') throw new Error('cannot read that')
      return -text.length
    })
  const { keep, logReward } = await annotateBatch(completionReward(decode, judge))(batch)
  expect([...keep]).toEqual([1, 1, 0, 1])
  expect(logReward[1]).toBe(-1)
})

test('a judge that breaks on every completion ends the run with what it threw', async () => {
  const broken = completionReward(decode, () => {
    throw new Error('no such host')
  })
  const said = 'the reward failed on all 4 rows: no such host'
  await expect(annotateBatch(broken)(batch)).rejects.toThrow(said)
  await expect(annotateBatch(sumOfRewards({ broken: { reward: broken } }))(batch)).rejects.toThrow(said)
})

test('a judge that refused all at once is asked for one at a time', async () => {
  let [asked, most] = [0, 0]
  const judge: JudgeFunction = async (completions) => {
    if (completions.length > 1) throw new Error('429 Too Many Requests')
    most = Math.max(most, ++asked)
    await new Promise((resolve) => setImmediate(resolve))
    asked--
    return [-1]
  }
  expect((await annotateBatch(completionReward(decode, judge))(batch)).keep).toEqual(Uint8Array.of(1, 1, 1, 1))
  expect(most).toBe(1)
})

test('null and undefined are rows not judged', async () => {
  const some = [-1, null, undefined as unknown as null, -4]
  const { keep } = await annotateBatch(completionReward(decode, () => some))(batch)
  expect([...keep]).toEqual([1, 0, 0, 1])
})

test('a promised answer is awaited', async () => {
  expect((await judgedBy(async (completions) => completions.map(() => -7)))[3]![1]).toBe(-7)
})

test('a judge that throws at everything fails every row, and annotate says so', async () => {
  const broken = completionReward(decode, () => {
    throw new Error('no model')
  })
  await expect(annotateBatch(broken)(batch)).rejects.toMatchObject({ _tag: 'RewardFailed' })
})

test.each([
  ['at once', false],
  ['alone', true],
])("a fault of the judge is the batch's, when it comes of all %s", async (_, alone) => {
  const wrong = fault('EncoderInvalid', 'its logits are float16', 'Use another')
  let asked = 0
  const judge: JudgeFunction = (completions) => {
    asked++
    if (alone && completions.length > 1) throw new Error('too many')
    throw wrong
  }
  const judged = await completionReward(decode, judge)(batch)()
  expect(isLeft(judged) && judged.left).toBe(wrong)
  if (!alone) expect(asked).toBe(1)
})

test('a wrong number of rewards is a fault that says how many', async () => {
  const judged = await completionReward(decode, () => [-1])(batch)()
  expect(isLeft(judged) && isFault(judged.left) && judged.left.message).toMatch(/1 rewards for 4 completions/)
})
