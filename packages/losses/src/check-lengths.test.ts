import { expect, test } from 'vitest'
import { batchNormalised } from './policy-gradient/batch-normalised.ts'
import { gdpoAdvantages, weightedRewards } from './policy-gradient/gdpo-advantages.ts'
import { generalisedAdvantages } from './policy-gradient/generalised-advantages.ts'
import { groupAdvantages } from './policy-gradient/group-advantages.ts'
import { informativeGroups, zeroSpread } from './policy-gradient/informative-groups.ts'
import { leaveOneOut } from './policy-gradient/leave-one-out.ts'
import {
  maskedMean,
  maskedMeanTorchtune,
  maskedSum,
  populationVariance,
  sampleVariance,
  statisticByRow,
  zeroOutside,
} from './policy-gradient/masked-statistics.ts'
import {
  missingStop,
  missingStopTorchtune,
  penalisedScores,
  replacedScores,
} from './policy-gradient/reward-penalties.ts'
import { klPenalised, shapedRewards } from './policy-gradient/shaped-rewards.ts'
import { standardise, whitenCentred } from './policy-gradient/whitening.ts'
import { firstIsChosen } from './preference/pick-pair.ts'

const X = [1, 2, 3]
const SHORT = [1]
const shaped = { scores: [1, 2, 3], logProb: X, referenceLogProb: X, steps: 1, coefficient: 0.1 }
const judged = { rewards: X, ended: [true, true, true] }

/** Each is given three numbers and, under the name that the error must have, one instead of three. */
const CASES: readonly (readonly [caller: string, argument: string, call: () => unknown])[] = [
  ['klPenalised', 'kl', () => klPenalised(X, SHORT, 0.05)],
  ['shapedRewards', 'logProb', () => shapedRewards({ ...shaped, logProb: SHORT })],
  ['shapedRewards', 'referenceLogProb', () => shapedRewards({ ...shaped, referenceLogProb: SHORT })],
  ['shapedRewards', 'scoreAt', () => shapedRewards({ ...shaped, scoreAt: [0] })],
  ['shapedRewards', 'valid', () => shapedRewards({ ...shaped, valid: SHORT })],
  ['generalisedAdvantages', 'values', () => generalisedAdvantages({ rewards: X, values: SHORT, steps: 3 })],
  ['generalisedAdvantages', 'valid', () => generalisedAdvantages({ rewards: X, values: X, valid: SHORT, steps: 3 })],
  ['weightedRewards', 'rewards\\[1\\]', () => weightedRewards([X, SHORT], [1, 1])],
  ['weightedRewards', 'weights', () => weightedRewards([X, X, X], SHORT)],
  ['gdpoAdvantages', 'weights', () => gdpoAdvantages([X, X, X], SHORT, [0, 0, 0])],
  ['groupAdvantages', 'group', () => groupAdvantages(X, SHORT)],
  ['leaveOneOut', 'group', () => leaveOneOut(X, SHORT)],
  ['informativeGroups', 'group', () => informativeGroups(X, SHORT)],
  ['informativeGroups', 'group', () => zeroSpread(X, SHORT)],
  ['batchNormalised', 'keep', () => batchNormalised(X, SHORT)],
  ...[maskedSum, maskedMean, maskedMeanTorchtune, populationVariance, sampleVariance, zeroOutside].map(
    (statistic) => ['masked statistics', 'mask', () => statistic(X, SHORT)] as const,
  ),
  ['masked statistics', 'mask', () => statisticByRow(maskedMean, X, 1, SHORT)],
  ['whitening', 'mask', () => whitenCentred(X, SHORT)],
  ['whitening', 'mask', () => standardise(X, SHORT)],
  ['replacedScores', 'punished', () => replacedScores(X, SHORT, 1)],
  ['penalisedScores', 'punished', () => penalisedScores(X, SHORT, 1)],
  ['firstIsChosen', 'first.ended', () => firstIsChosen({ rewards: X, ended: [true] }, judged)],
  ['firstIsChosen', 'second.rewards', () => firstIsChosen(judged, { rewards: SHORT, ended: [true, true, true] })],
  ['firstIsChosen', 'second.ended', () => firstIsChosen(judged, { rewards: X, ended: [true] })],
]

test.each(CASES)('%s: %s of another length is an error that names both lengths', (caller, argument, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(new RegExp(`^${caller}: ${argument} must have length 3, .*, found 1$`))
})

test('cells that are not whole rows are an error', () => {
  expect(() => statisticByRow(maskedMean, X, 2)).toThrow('x must have length 4, rows of 2 steps, found 3')
  expect(() => missingStop(X, [1, 1], [2])).toThrow(
    'missingStop: tokens must have length 4, 2 rows of 2 steps, found 3',
  )
  expect(() => missingStopTorchtune(X, [0, 0])).toThrow('missingStopTorchtune: padding must have length 4')
})
