import { tokenMDP } from '@gfnlm/env'
import { isRight } from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { shortPenalty } from './short-penalty.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const batch = trajectoriesOf(tokenMDP({ terminator: 9, maxLength: 2 }), [promptOf('p', [1])], [[[1], [1, 2]]])
const rewards = Float32Array.of(-1, -2, NaN, -4, NaN, -6)

const penalised = async (options: Parameters<typeof shortPenalty>[1]): Promise<number[]> => {
  const judged = await shortPenalty(() => TE.right({ logReward: rewards }), options)(batch)()
  return isRight(judged) ? [...judged.right.logReward] : []
}

test('prefixes shorter than the minimum are worth the penalty, the rest what they were; failures stay failures', async () => {
  expect(await penalised({ minLength: 1 })).toEqual([-99, -2, NaN, -99, NaN, -6])
  expect(await penalised({ minLength: 2, penalty: -50 })).toEqual([-50, -50, NaN, -50, NaN, -6])
  expect(await penalised({ minLength: 0 })).toEqual([...rewards])
})

test('what the reward has to log is passed on', async () => {
  const metrics = { 'rewards/format/mean': 0.5 }
  const judged = await shortPenalty(() => TE.right({ logReward: rewards, metrics }), { minLength: 1 })(batch)()
  expect(judged).toMatchObject({ right: { metrics } })
})
