import { type Estimator, type Rows, byRow } from './estimator.ts'

/**
 * The product of two estimators, on batches that have what either reads; `uniform` is its unit.
 *
 * @example reweight(product(importanceRatio(), promptBalance), truncated({ max: 5 }))
 */
export const product =
  <A extends Rows, B extends Rows>(a: Estimator<A>, b: Estimator<B>): Estimator<A & B> =>
  (batch) => {
    const [first, second] = [a(batch), b(batch)]
    return byRow(batch, (row) => first[row] * second[row])
  }
