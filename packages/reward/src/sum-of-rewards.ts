import type { Trajectories } from '@gfnlm/env'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward, Rewards } from './reward.ts'

/** A reward and what it counts for. */
export interface WeightedReward {
  readonly reward: Reward
  /** Finite; default 1. At 0 it is only logged. */
  readonly weight?: number
}

/** [rows] log R of whole completions. */
const endsOf = ({ rows, width, length }: Trajectories, { logReward }: Rewards): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => logReward[row * width + length[row]!]!)

/** Mean and sample deviation of what is finite, as TRL logs them of each reward function; nothing where nothing is. */
const statistics = (name: string, ends: Float64Array): Readonly<Record<string, number>> => {
  const known = ends.filter(Number.isFinite)
  if (known.length === 0) return {}
  const mean = known.reduce((a, b) => a + b, 0) / known.length
  const squares = known.reduce((sum, end) => sum + (end - mean) ** 2, 0)
  return { [`rewards/${name}/mean`]: mean, [`rewards/${name}/std`]: Math.sqrt(squares / Math.max(1, known.length - 1)) }
}

/** Why a row was not judged, by the first of them that says so. */
const failureAmong = (judged: readonly Rewards[]): Pick<Rewards, 'failure'> => {
  const failure = judged.find((of) => of.failure !== undefined)?.failure
  return failure === undefined ? {} : { failure }
}

/** Σ weight · r, of all or of those that are known; NaN where none is. */
const weighed = (values: readonly number[], weights: readonly number[], partial: boolean): number => {
  // 0 · −∞ is not a number.
  const counted = values.flatMap((value, k) => (weights[k] === 0 ? [] : [weights[k]! * value]))
  const known = partial ? counted.filter((value) => !Number.isNaN(value)) : counted
  return known.length === 0 ? NaN : known.reduce((a, b) => a + b, 0)
}

/**
 * Several rewards as one: log R = Σ weight · log R_k, of each whole completion over those that could judge it (a
 * completion that none could is dropped), and of its prefixes where all of them judge prefixes. The mean and deviation
 * of each, as it is, are logged as `rewards/NAME/mean` and `rewards/NAME/std`.
 *
 * Rewards are asked one after another; one that fails as a whole fails the batch.
 *
 * @throws RangeError for no reward at all, or a weight that is not finite
 * @see TRL GRPOTrainer, `reward_funcs`, `reward_weights`, `sum_then_normalize`
 * @example sumOfRewards({ format: { reward: thinkFormatReward(decode), weight: 0.5 }, answer: { reward: answers } })
 */
export const sumOfRewards = (rewards: Readonly<Record<string, WeightedReward>>): Reward => {
  const named = Object.entries(rewards)
  if (named.length === 0) throw new RangeError('sumOfRewards: needs a reward at least')
  const weights = named.map(([name, { weight = 1 }]) => {
    if (!Number.isFinite(weight))
      throw new RangeError(`sumOfRewards: the weight of ${name} must be finite, found ${weight}`)
    return weight
  })
  return (batch) =>
    pipe(
      named,
      TE.traverseSeqArray(([, { reward }]) => reward(batch)),
      TE.map((judged) => ({
        ...failureAmong(judged),
        logReward: Float32Array.from({ length: batch.rows * batch.width }, (_, cell) =>
          weighed(
            judged.map(({ logReward }) => logReward[cell]!),
            weights,
            cell % batch.width === batch.length[Math.floor(cell / batch.width)],
          ),
        ),
        metrics: Object.assign(
          {},
          ...judged.map(({ metrics }) => metrics ?? {}),
          ...judged.map((of, k) => statistics(named[k]![0], endsOf(batch, of))),
        ) as Readonly<Record<string, number>>,
      })),
    )
}
