import * as tf from '@tensorflow/tfjs-core'
import type { Terms } from './terms.ts'

/** A loss and what it is multiplied with. */
export type Summand = readonly [coefficient: number, terms: Terms]

const flat = (x: tf.Tensor, rows: number): tf.Tensor2D => tf.reshape(x, [rows, x.size / rows])

/**
 * Losses of the same rows as one: PPO's policy, value and entropy.
 *
 *   loss = Σ_k c_k loss_k
 *
 * Batches count by the mass of the first, so that accumulating them is exact where the others' masses are in the same
 * proportion (masks of as many tokens); metrics come together, later ones over earlier ones of the same name.
 *
 * @param parts at least one, of the same number of rows
 * @throws RangeError where there is no part, or one has other rows
 * @example reduce(sumOfLosses([[1, ppoPolicy()(batch)], [0.1, clippedValueLoss()(states)]]), weight)
 */
export const sumOfLosses = (parts: readonly Summand[]): Terms => {
  const [first] = parts
  if (first === undefined) throw new RangeError('sumOfLosses: there is nothing to sum')
  const rows = first[1].terms.shape[0]
  const n = parts.length
  // A share of 1 / n each keeps the shares of the whole at 1, and n times the term keeps the loss.
  const columns = parts.map(([coefficient, { terms, share }], k) => {
    if (terms.shape[0] !== rows)
      throw new RangeError(`sumOfLosses: loss ${k} has ${terms.shape[0]} rows, and the first has ${rows}`)
    return { terms: tf.mul(coefficient * n, flat(terms, rows)), share: tf.div(flat(share, rows), n) }
  })
  return {
    terms: tf.concat(
      columns.map(({ terms }) => terms),
      1,
    ),
    share: tf.concat(
      columns.map(({ share }) => share),
      1,
    ),
    ...(first[1].rowShare === undefined ? {} : { rowShare: first[1].rowShare }),
    mass: first[1].mass,
    metrics: Object.assign({}, ...parts.map(([, { metrics }]) => metrics)),
  }
}
