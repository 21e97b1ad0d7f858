/**
 * Truncations of a distribution, in place on unnormalised weights [vocab] (0: excluded already). What is cut
 * becomes 0; nothing is renormalised, so they chain.
 */

/** The k-th largest of `values`: a min-heap of k numbers, one pass over the rest. */
const kthLargest = (values: Float64Array, k: number): number => {
  const heap = values.slice(0, k).sort() // an ascending array is a min-heap
  for (let i = k; i < values.length; i++) {
    const value = values[i]
    if (value <= heap[0]) continue
    let at = 0
    for (let child = 1; child < k; child = 2 * at + 1) {
      if (child + 1 < k && heap[child + 1] < heap[child]) child++
      if (value <= heap[child]) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = value
  }
  return heap[0]
}

/** Keeps the k largest weights and those tied with the k-th. */
export const keepTopK = (weights: Float64Array, k: number): void => {
  if (k >= weights.length) return
  const smallest = kthLargest(weights, k)
  for (let i = 0; i < weights.length; i++) if (weights[i] < smallest) weights[i] = 0
}

/**
 * Keeps the smallest set of largest weights that holds at least the share p of the mass, always the largest one;
 * among equal weights the lower index goes in first (Holtzman et al. 2020, arXiv:1904.09751).
 */
export const keepTopP = (weights: Float64Array, p: number): void => {
  if (p >= 1) return
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  // All weights below (1 - p) / n of the mass hold less than 1 - p of it together: the nucleus is among the others.
  const floor = ((1 - p) * total) / weights.length
  const candidates = weights.filter((weight) => weight >= floor).sort()
  let first = candidates.length
  let mass = 0
  do mass += candidates[--first]
  while (first > 0 && mass < p * total)
  const smallest = candidates[first]
  let ties = 0
  while (candidates[first + ties] === smallest) ties++
  for (let i = 0; i < weights.length; i++)
    if (weights[i] < smallest || (weights[i] === smallest && ties-- <= 0)) weights[i] = 0
}

/** Keeps weights of at least `ratio` times the largest (Nguyen et al. 2024, arXiv:2407.01082). */
export const keepMinP = (weights: Float64Array, ratio: number): void => {
  let largest = 0
  for (let i = 0; i < weights.length; i++) if (weights[i] > largest) largest = weights[i]
  for (let i = 0; i < weights.length; i++) if (weights[i] < ratio * largest) weights[i] = 0
}
