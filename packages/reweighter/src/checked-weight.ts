/**
 * A weight that a loss may see.
 *
 * @throws RangeError for one that is negative or not finite, by its row and token
 */
export const checkedWeight = (weight: number, row: number, token?: number): number => {
  if (weight >= 0 && weight < Infinity) return weight
  const of = token === undefined ? `row ${row}` : `row ${row}, token ${token}`
  const why = Number.isNaN(weight) ? 'what it is made of is not known there' : 'a ratio may need a bound'
  throw new RangeError(`the weight of ${of} is ${weight}; ${why}`)
}
