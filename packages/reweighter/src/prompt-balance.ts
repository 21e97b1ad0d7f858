import { type Estimator, byRow } from './estimator.ts'
import type { Grouped } from './normalised-per-prompt.ts'

/**
 * Every prompt counts alike, however many of its rows the reward dropped: rows of a prompt share its weight, and
 * weights average 1 over the kept rows of the batch.
 *
 *   w_i = kept / (prompts with a kept row · kept rows of the prompt of i)
 */
export const promptBalance: Estimator<Grouped> = (batch) => {
  const { group, keep, prompts, rows } = batch
  const keptOf = new Float64Array(prompts.length)
  for (let row = 0; row < rows; row++) if (keep[row] !== 0) keptOf[group[row]] += 1
  const kept = keptOf.reduce((sum, count) => sum + count, 0)
  const alive = keptOf.filter((count) => count > 0).length
  return byRow(batch, (row) => kept / (alive * keptOf[group[row]]))
}
