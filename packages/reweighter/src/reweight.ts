import type { Annotated, Weighted } from '@gfnlm/env'
import { type OperatorFunction, map } from 'rxjs'
import type { Estimator } from './estimator.ts'

/**
 * Attaches a weight to every row; rows keep their order, and one with keep = 0 weighs 0 whatever the estimator says.
 *
 * @throws RangeError, as an error of the stream, when the estimator gives a number of weights other than the rows,
 * or a weight of a kept row that is negative or not finite: a loss must not see it
 */
export const reweight = (estimate: Estimator): OperatorFunction<Annotated, Weighted> =>
  map((batch) => ({ ...batch, weight: checked(estimate(batch), batch) }))

const checked = (weight: Float32Array, { keep, rows }: Annotated): Float32Array => {
  if (weight.length !== rows) throw new RangeError(`${weight.length} weights for ${rows} rows`)
  return weight.map((w, row) => {
    if (keep[row] === 0) return 0
    if (!(w >= 0 && w < Infinity)) throw new RangeError(`the weight of row ${row} is ${w}; a ratio may need a clip`)
    return w
  })
}
