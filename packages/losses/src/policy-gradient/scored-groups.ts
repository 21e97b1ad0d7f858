import { checkLengths } from '../check-lengths.ts'

/** Whether a row has a reward. NaN is none, and so is ±∞: no mean or deviation that it is in says anything. */
export const isScored = (reward: number): boolean => Number.isFinite(reward)

/** [rows] 1 where a row has a reward. */
export const scoredMask = (rewards: ArrayLike<number>): number[] =>
  Array.from(rewards, (reward) => (isScored(reward) ? 1 : 0))

/** The rows of each group that have a reward. */
export const scoredGroups = (
  caller: string,
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
): readonly number[][] => {
  checkLengths(caller, 'one a reward', rewards.length, { group })
  const rows = new Map<number, number[]>()
  for (let row = 0; row < rewards.length; row++) {
    if (!isScored(rewards[row])) continue
    const members = rows.get(group[row])
    if (members === undefined) rows.set(group[row], [row])
    else members.push(row)
  }
  return [...rows.values()]
}

/** The rewards of some rows. */
export const rewardsAt = (rewards: ArrayLike<number>, rows: readonly number[]): number[] =>
  rows.map((row) => rewards[row])

/** Whether there is nothing to choose between. */
export const allEqual = (x: readonly number[]): boolean => x.every((value) => value === x[0])

/** [rows] a number for each row from its group's rewards; 0 in rows without a reward, and in groups of equal ones. */
export const byGroup = (
  caller: string,
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
  numbersOf: (rewards: readonly number[]) => readonly number[],
): Float64Array => {
  const numbers = new Float64Array(rewards.length)
  for (const rows of scoredGroups(caller, rewards, group)) {
    const own = rewardsAt(rewards, rows)
    if (allEqual(own)) continue
    numbersOf(own).forEach((number, i) => (numbers[rows[i]] = number))
  }
  return numbers
}
