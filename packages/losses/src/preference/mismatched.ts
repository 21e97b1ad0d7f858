import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { keptRows } from '../kept-rows.ts'
import { orOne } from '../terms.ts'
import type { Completions } from './completions.ts'

const rotated = <A>(caller: string, completions: readonly A[], by: number): readonly A[] => {
  const rows = completions.length
  if (rows < 2) throw new RangeError(`${caller}: another row's completion needs 2 rows, found ${rows}`)
  return completions.map((_, row) => completions[(row + by + rows) % rows]!)
}

/**
 * The completion of the row before each, for KTO's KL: x_i with y_{i−1}, the first with the last. TRL's pairing.
 *
 * @throws RangeError for fewer than 2 rows: a completion under its own prompt is no mismatch
 * @example previousCompletions(['a', 'b', 'c']) // 'c', 'a', 'b'
 */
export const previousCompletions = <A>(completions: readonly A[]): readonly A[] =>
  rotated('previousCompletions', completions, -1)

/**
 * The completion of the row after each, for KTO's KL: x_i with y_{i+1}, the last with the first. HALOs' pairing.
 *
 * @throws RangeError for fewer than 2 rows
 * @example nextCompletions(['a', 'b', 'c']) // 'b', 'c', 'a'
 */
export const nextCompletions = <A>(completions: readonly A[]): readonly A[] =>
  rotated('nextCompletions', completions, 1)

/** The mean log-ratio over the rows that count, of those that are kept and not ruled out. */
const meanRatio = (
  caller: string,
  completions: Completions,
  counts: (ratio: tf.Tensor1D, told: tf.Tensor1D) => tf.Tensor1D,
): tf.Scalar => {
  const { told, inputs } = keptRows(caller, completions)
  const ratio = tf.sub<tf.Tensor1D>(inputs.logProb, inputs.referenceLogProb)
  const counted = tf.cast(counts(ratio, told), 'float32')
  return detach(tf.div(tf.sum(tf.mul(counted, ratio)), orOne(tf.sum(counted))))
}

/**
 * KL(π ‖ π_ref) estimated from completions of other prompts: the mean log-ratio over the batch, TRL's convention.
 *
 *   KL = mean_i (log π(y'_i | x_i) − log π_ref(y'_i | x_i))
 *
 * Not clamped: `kto` does that, and logs both. 0 for a batch without a kept row. The estimate belongs to a batch:
 * accumulated small batches have each their own. Row weights do not enter it.
 *
 * @param mismatched see Completions: of y' (`previousCompletions`, `nextCompletions`) under x, nats
 * @returns [] nats, a constant
 * @throws RangeError for a wrong shape
 * @see Ethayarajh et al. 2024, arXiv:2402.01306; TRL KTOTrainer
 * @example mismatchedKl({ logProb, referenceLogProb })
 */
export const mismatchedKl = (mismatched: Completions): tf.Scalar =>
  meanRatio('mismatchedKl', mismatched, (_, told) => told)

/**
 * The same over the log-ratios that are not 0, HALOs' convention: larger wherever the policy has not moved.
 *
 *   KL = Σ_i Δ'_i / #{i : Δ'_i ≠ 0}
 *
 * @param mismatched see `mismatchedKl`
 * @returns [] nats, a constant
 * @throws RangeError for a wrong shape
 * @see HALOs KTOTrainer.loss
 * @example mismatchedKlOfNonZero({ logProb, referenceLogProb })
 */
export const mismatchedKlOfNonZero = (mismatched: Completions): tf.Scalar =>
  meanRatio('mismatchedKlOfNonZero', mismatched, (ratio, told) => tf.logicalAnd(told, tf.notEqual(ratio, 0)))
