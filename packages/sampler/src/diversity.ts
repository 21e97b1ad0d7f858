import { type Trajectories, completionOf } from '@gfnlm/env'
import { editDistance } from './edit-distance.ts'

/** A number that says how much completions differ; NaN where there are too few to say. */
export type DiversityMetric = (completions: readonly Int32Array[]) => number

/**
 * Distinct-n: different n-grams over all n-grams, pooled over the completions, in (0, 1] (Li et al. 2016,
 * arXiv:1510.03055). Falls with the number of completions: compare equal numbers only.
 */
export const distinctN =
  (n: number): DiversityMetric =>
  (completions) => {
    const different = new Set<string>()
    let count = 0
    for (const tokens of completions)
      for (let i = 0; i + n <= tokens.length; i++) {
        different.add(tokens.subarray(i, i + n).join(' '))
        count++
      }
    return different.size / count
  }

/** Mean over pairs of edit distance / length of the longer one, in [0, 1]; two empty completions are at 0. */
export const pairwiseDistance: DiversityMetric = (completions) => {
  let sum = 0
  for (let i = 0; i < completions.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [completions[i], completions[j]]
      sum += editDistance(a, b) / Math.max(a.length, b.length, 1)
    }
  return completions.length < 2 ? NaN : sum / ((completions.length * (completions.length - 1)) / 2)
}

/** Different completions over all completions, in (0, 1]. */
export const uniqueFraction: DiversityMetric = (completions) =>
  new Set(completions.map((tokens) => tokens.join(' '))).size / completions.length

/**
 * Mean over prompts of a metric on each prompt's own completions: how diverse the answers to one prompt are, to
 * which differences between prompts add nothing. Prompts the metric cannot judge are left out; NaN when all are.
 */
export const withinPrompts = (batch: Trajectories, metric: DiversityMetric): number => {
  const byPrompt = batch.prompts.map((): Int32Array[] => [])
  for (let row = 0; row < batch.rows; row++) byPrompt[batch.group[row]].push(completionOf(batch, row))
  const values = byPrompt.map(metric).filter((value) => !Number.isNaN(value))
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
