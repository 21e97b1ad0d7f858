import { type Trajectories, fault, tokenMDP } from '@gfnlm/env'
import { left, right } from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { annotateBatch } from './annotate.ts'
import type { Reward } from './reward.ts'
import { sumOfRewards } from './sum-of-rewards.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const mdp = tokenMDP({ terminator: 9, maxLength: 2 })
const batch: Trajectories = trajectoriesOf(mdp, [promptOf('p', [1])], [[[1], [], [1, 2]]], { step: 0 })

/** Rewards of the rows' ends, by the rows; their prefixes are worth `before`. */
const ends =
  (rewards: readonly number[], before = NaN): Reward =>
  ({ rows, width, length }) =>
    right({
      logReward: Float32Array.from({ length: rows * width }, (_, cell) =>
        cell % width === length[Math.floor(cell / width)] ? rewards[Math.floor(cell / width)]! : before,
      ),
    })

const endsOf = ({ logReward }: { readonly logReward: Float32Array }) =>
  [...batch.length].map((last, row) => logReward[row * batch.width + last])

test('a completion is worth what those that could judge it say, by their weights; prefixes what all of them do', async () => {
  const [a, b] = [ends([1, NaN, NaN], -1), ends([2, 4, NaN], -2)]
  const judged = await annotateBatch(sumOfRewards({ a: { reward: a, weight: 0.5 }, b: { reward: b } }))(batch)
  expect(endsOf(judged)).toEqual([2.5, 4, NaN])
  expect([...judged.keep]).toEqual([1, 1, 0])
  // Before its end, the first completion is worth ½ · (−1) + (−2).
  expect(judged.logReward[0]).toBe(-2.5)
  const some = await annotateBatch(sumOfRewards({ a: { reward: ends([1, 1, 1]) }, b: { reward: b } }))(batch)
  expect(some.logReward[0]).toBeNaN()
})

test('each is logged by its name as it is, over what it judged; at weight 0 that is all', async () => {
  const reward = sumOfRewards({
    length: { reward: ends([1, NaN, 4]), weight: 0 },
    answer: { reward: ends([2, NaN, 5]), weight: 3 },
    never: { reward: ends([NaN, NaN, NaN]) },
    ruled: { reward: ends([-Infinity, 1, 1]), weight: 0 },
  })
  const judged = await annotateBatch(reward)(batch)
  expect(endsOf(judged)).toEqual([6, NaN, 15])
  expect(judged.rewardMetrics).toEqual({
    'rewards/length/mean': 2.5,
    'rewards/length/std': expect.closeTo(Math.sqrt(4.5), 12),
    'rewards/answer/mean': 3.5,
    'rewards/answer/std': expect.closeTo(Math.sqrt(4.5), 12),
    'rewards/ruled/mean': 1,
    'rewards/ruled/std': 0,
  })
})

test('a reward that fails fails the batch, and what cannot be summed is an error', async () => {
  const broken: Reward = () => left(fault('RewardFailed', 'the judge is away', 'Call it.'))
  const reward = sumOfRewards({ a: { reward: ends([1, 1, 1]) }, broken: { reward: broken } })
  await expect(annotateBatch(reward)(batch)).rejects.toMatchObject({ _tag: 'RewardFailed' })
  expect(() => sumOfRewards({})).toThrow('sumOfRewards: needs a reward at least')
  expect(() => sumOfRewards({ a: { reward: broken, weight: NaN } })).toThrow(
    'the weight of a must be finite, found NaN',
  )
})
