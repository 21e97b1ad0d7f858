import { checkLengths } from '../check-lengths.ts'

/** Which of a prompt's completions are the chosen and the rejected one. */
export interface PickedPair {
  readonly chosen: number
  readonly rejected: number
}

/**
 * The best and the worst of a prompt's completions; undefined where no two of them differ in reward.
 *
 * @param rewards of each completion; null or NaN: nobody could tell
 * @returns indices; the first of equals
 * @see Yuan et al. 2024, "Self-rewarding language models", arXiv:2401.10020
 * @example bestAndWorst([3, null, 5, 1]) // { chosen: 2, rejected: 3 }
 */
export const bestAndWorst = (rewards: readonly (number | null)[]): PickedPair | undefined => {
  const told = rewards.flatMap((reward, at) => (reward === null || Number.isNaN(reward) ? [] : [{ reward, at }]))
  const [first] = told
  if (first === undefined) return undefined
  const best = told.reduce((a, b) => (b.reward > a.reward ? b : a))
  const worst = told.reduce((a, b) => (b.reward < a.reward ? b : a))
  return best.reward > worst.reward ? { chosen: best.at, rejected: worst.at } : undefined
}

/**
 * The first two of a prompt's completions: the better one is chosen, of equals the first. TRL's Online DPO, which draws
 * no more than two. Undefined where either was not judged.
 */
export const firstTwo = (rewards: readonly (number | null)[]): PickedPair | undefined => {
  const [first, second] = [rewards[0] ?? NaN, rewards[1] ?? NaN]
  if (Number.isNaN(first) || Number.isNaN(second)) return undefined
  return first >= second ? { chosen: 0, rejected: 1 } : { chosen: 1, rejected: 0 }
}

/** Every two of a prompt's completions that differ in reward. */
export const everyPair = (rewards: readonly (number | null)[]): readonly PickedPair[] =>
  rewards.flatMap((better, chosen) =>
    rewards.flatMap((worse, rejected) =>
      better !== null && worse !== null && better > worse ? [{ chosen, rejected }] : [],
    ),
  )

/** Two completions of each prompt, as a reward sees them. */
export interface JudgedCompletions {
  /** NaN: nobody could tell. */
  readonly rewards: readonly number[]
  /** Whether each ended by itself: what was cut off is worth less. */
  readonly ended: readonly boolean[]
}

/**
 * Whether the first of two completions of each prompt is the chosen one, as Online DPO has it: a tie goes to the first,
 * and a completion that did not end loses `missingEndPenalty` of its reward. Where a reward is not known there is no
 * pair: undefined, as in `bestAndWorst`.
 *
 * @throws RangeError where there is not a reward and an end for each prompt
 * @see Guo et al. 2024, arXiv:2402.04792; TRL OnlineDPOTrainer
 * @example firstIsChosen({ rewards: [0.7], ended: [true] }, { rewards: [0.7], ended: [true] }) // true
 */
export const firstIsChosen = (
  first: JudgedCompletions,
  second: JudgedCompletions,
  missingEndPenalty: number = 0,
): readonly (boolean | undefined)[] => {
  checkLengths('firstIsChosen', 'one a prompt', first.rewards.length, {
    'first.ended': first.ended,
    'second.rewards': second.rewards,
    'second.ended': second.ended,
  })
  const worth = ({ rewards, ended }: JudgedCompletions, row: number): number =>
    rewards[row]! - (ended[row] === true ? 0 : missingEndPenalty)
  return first.rewards.map((_, row) => {
    const [one, other] = [worth(first, row), worth(second, row)]
    return Number.isNaN(one) || Number.isNaN(other) ? undefined : one >= other
  })
}
