import { checkLengths } from '../check-lengths.ts'
import { optionsOf } from '../options-of.ts'

/** Which completions are punished, [rows]: 1 for those that are. */
export type Punished = ArrayLike<number | boolean>

/** Scores of the punished *replaced* by a penalty: torchtune `reward_penalty`. Lengths must agree (RangeError). */
export const replacedScores = (scores: ArrayLike<number>, punished: Punished, penalty: number): Float64Array => {
  checkLengths('replacedScores', 'one a score', scores.length, { punished })
  return Float64Array.from(scores, (score, row) => (punished[row] ? penalty : score))
}

/** A penalty *subtracted* from the scores of the punished: TRL `missing_eos_penalty`. Lengths as above (RangeError). */
export const penalisedScores = (scores: ArrayLike<number>, punished: Punished, penalty: number): Float64Array => {
  checkLengths('penalisedScores', 'one a score', scores.length, { punished })
  return Float64Array.from(scores, (score, row) => (punished[row] ? score - penalty : score))
}

export interface StopRules {
  /** Punish completions without a stop token. Default true. */
  readonly noStop?: boolean
  /** Punish completions of fewer tokens, the stop token counted. Default 0. */
  readonly minLength?: number
}

/** The steps of each row of some row-major cells. */
const stepsOf = (caller: string, rows: number, cells: Readonly<Record<string, ArrayLike<unknown>>>): number => {
  const [{ length }] = Object.values(cells)
  const steps = rows === 0 ? 0 : Math.ceil(length / rows)
  checkLengths(caller, `${rows} rows of ${steps} steps`, rows * steps, cells)
  return steps
}

/**
 * [rows] 1 for completions that hold no stop token, or too few tokens: TRL's test, which looks for the token itself.
 *
 * @param tokens [rows, steps] row-major, truncated at the stop token or not
 * @param length [rows] tokens up to the stop token, it included
 * @param stop   ids that end a completion
 * @throws RangeError where the tokens are not as many rows as there are lengths
 */
export const missingStop = (
  tokens: ArrayLike<number>,
  length: ArrayLike<number>,
  stop: readonly number[],
  rules: StopRules = {},
): Uint8Array => {
  const { noStop, minLength } = optionsOf('missingStop', rules, { noStop: true, minLength: 0 })
  const steps = stepsOf('missingStop', length.length, { tokens })
  const ended = (count: number, row: number): boolean => count > 0 && stop.includes(tokens[row * steps + count - 1])
  return Uint8Array.from(length, (count, row) => ((noStop && !ended(count, row)) || count < minLength ? 1 : 0))
}

/**
 * The same as torchtune has it, for its numbers: a completion ended if it has *padding*, so that one whose stop token
 * is the very last is punished as if it had none; and its length is counted one short, so that a minimum of 18
 * punishes completions of 18 tokens.
 *
 * @param padding   [rows, steps] 1 past the stop token, on the right
 * @param lastIndex [rows] index of the last token that is not padding
 * @throws RangeError where the padding is not as many rows as there are indices
 */
export const missingStopTorchtune = (
  padding: ArrayLike<number | boolean>,
  lastIndex: ArrayLike<number>,
  rules: StopRules = {},
): Uint8Array => {
  const { noStop, minLength } = optionsOf('missingStopTorchtune', rules, { noStop: true, minLength: 0 })
  const steps = stepsOf('missingStopTorchtune', lastIndex.length, { padding })
  const ended = (row: number): boolean => Boolean(padding[row * steps + steps - 1])
  return Uint8Array.from(lastIndex, (last, row) => ((noStop && !ended(row)) || last < minLength ? 1 : 0))
}
