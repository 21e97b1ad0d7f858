import { type TokenMDP, tokenMDP } from '@gfnlm/env'
import { isRight } from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { missingEndPenalty, missingEndReward } from './missing-end.ts'
import type { Reward } from './reward.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const forced = tokenMDP({ terminator: 9, maxLength: 2 })
const given: Reward = () => TE.right({ logReward: Float32Array.of(-1, -2, NaN, -4, -5, -6, -7, -8, NaN) })

const judged = async (reward: Reward, mdp: TokenMDP): Promise<number[]> => {
  const found = await reward(trajectoriesOf(mdp, [promptOf('p', [1])], [[[1], [1, 2], [3, 4]]]))()
  return isRight(found) ? [...found.right.logReward] : []
}

test('what was cut off loses the penalty, or has a reward of its own; what ended or was not judged keeps its', async () => {
  expect(await judged(missingEndPenalty(given, 1.5), forced)).toEqual([-1, -2, NaN, -4, -5, -7.5, -7, -8, NaN])
  expect(await judged(missingEndReward(given, -3), forced)).toEqual([-1, -2, NaN, -4, -5, -3, -7, -8, NaN])
})

test('where the last terminator is a choice, too, nothing was cut off', async () => {
  const before = await judged(given, forced)
  expect(await judged(missingEndPenalty(given, 1.5), { ...forced, leaf: 'free' })).toEqual(before)
  expect(() => missingEndPenalty(given, Infinity)).toThrow('must be finite, found Infinity')
})
