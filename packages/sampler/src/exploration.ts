import { type Key, fold, uniform } from '@gfnlm/env'

/**
 * How the behaviour policy departs from the learned one while it draws a row. Applied in this order, as Hugging
 * Face does: temperature, top-k, top-p, min-p, renormalise, ε-uniform over the legal actions.
 */
export interface Exploration {
  /** Divides the masked logits; 0 takes the most likely token. */
  readonly temperature: number
  /** Keep the k most likely tokens (and those tied with the k-th). */
  readonly topK?: number
  /** Keep the smallest set of most likely tokens whose mass reaches p (always the first). */
  readonly topP?: number
  /** Keep tokens at least this fraction as likely as the most likely one. */
  readonly minP?: number
  /** Share of a uniform draw over the legal actions, mixed in last. */
  readonly epsilon?: number
}

/** How one row explores, chosen by the row's own key. */
export type Explore = (key: Key) => Exploration

const checked = (exploration: Exploration): Exploration => {
  const { temperature, topK = 1, topP = 1, minP = 0, epsilon = 0 } = exploration
  const wrong = !(temperature >= 0 && temperature < Infinity)
    ? `temperature ${temperature}: finite and at least 0`
    : !(Number.isInteger(topK) && topK >= 1)
      ? `topK ${topK}: an integer from 1`
      : !(topP > 0 && topP <= 1)
        ? `topP ${topP}: above 0, at most 1`
        : !(minP >= 0 && minP <= 1)
          ? `minP ${minP}: from 0 to 1`
          : !(epsilon >= 0 && epsilon <= 1)
            ? `epsilon ${epsilon}: from 0 to 1`
            : undefined
  if (wrong !== undefined) throw new RangeError(wrong)
  return exploration
}

/** The same exploration for every row. Throws a RangeError when a number is out of its range. */
export const exploring = (exploration: Exploration): Explore => {
  const same = checked(exploration)
  return () => same
}

/** The learned policy itself. */
export const onPolicy: Explore = exploring({ temperature: 1 })

/**
 * A temperature for each row, T ~ U(lo, hi), with the rest of the exploration the same for all.
 *
 * @example tempered(0.5, 2) // what gfn-lm-tuning explores with
 */
export const tempered = (lo: number, hi: number, rest: Omit<Exploration, 'temperature'> = {}): Explore => {
  checked({ ...rest, temperature: lo })
  if (!(hi >= lo && hi < Infinity)) throw new RangeError(`tempered(${lo}, ${hi}): the range must not be empty`)
  return (key) => ({ ...rest, temperature: lo + (hi - lo) * uniform(key) })
}

/**
 * Each row explores in one of several ways, drawn in proportion to their shares.
 *
 * @example mixture([{ share: 1, explore: onPolicy }, { share: 2, explore: tempered(0.5, 2) }])
 */
export const mixture = (ways: readonly { readonly share: number; readonly explore: Explore }[]): Explore => {
  const total = ways.reduce((sum, way) => sum + way.share, 0)
  if (!(total > 0 && total < Infinity) || ways.some((way) => way.share < 0))
    throw new RangeError('the shares of a mixture must not be negative, and one must be positive')
  const possible = ways.filter((way) => way.share > 0)
  return (key) => {
    let left = uniform(fold(key, 'way')) * total
    const chosen = possible.find((way) => (left -= way.share) < 0) ?? possible[possible.length - 1]
    return chosen.explore(fold(key, 'explore'))
  }
}
