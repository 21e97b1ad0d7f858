import { checkCount, fold, keyOf, permutation } from '@gfnlm/env'

/** The order in which an epoch visits n rows: a permutation keyed by (seed, epoch). */
export type EpochOrder = (seed: number, epoch: number, n: number) => Int32Array

const shuffled: EpochOrder = (seed, epoch, n) => permutation(fold(keyOf(seed), 'shuffle', epoch), n)

/** The same for a caller that goes through places in their order: an epoch is shuffled once, not for each of them. */
export const rememberedOrder = (): EpochOrder => {
  let last: { readonly key: string; readonly value: Int32Array } | undefined
  return (seed, epoch, n) => {
    const key = `${seed}/${epoch}/${n}`
    if (last?.key !== key) last = { key, value: shuffled(seed, epoch, n) }
    return last.value
  }
}

/**
 * The rows of one step, as a pure function of (seed, step): a resumed run needs no cursor.
 *
 * Step s takes places s·perStep … (s+1)·perStep − 1 of an endless sequence of epochs, each a fresh shuffle of all
 * rows. So every row comes once an epoch; a batch that straddles two epochs may hold a row twice.
 *
 * @param rows at least one
 * @param step counted from 0
 * @throws RangeError for no row, a step or a number of rows that is none
 * @example rowBatch(pairs, step, seed, 8)
 */
export const rowBatch = <A>(
  rows: readonly A[],
  step: number,
  seed: number,
  perStep: number,
  order: EpochOrder = rememberedOrder(),
): readonly A[] => {
  const n = rows.length
  if (n === 0) throw new RangeError('there are no rows to take a batch of')
  checkCount('rowBatch', 'perStep', perStep)
  if (!Number.isInteger(step) || step < 0) throw new RangeError(`step is ${step}, not an integer from 0`)
  const at = (place: number): A => rows[order(seed, Math.floor(place / n), n)[place % n]!]!
  return Array.from({ length: perStep }, (_, i) => at(step * perStep + i))
}
