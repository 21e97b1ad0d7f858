import type { Encoded } from './encoder.ts'

/** How one component of a text's vector comes from its tokens', `at(0)` to `at(tokens − 1)`; there is at least one. */
type Pool = (tokens: number, at: (token: number) => number) => number

const sum = (tokens: number, term: (token: number) => number): number => {
  let total = 0
  for (let token = 0; token < tokens; token++) total += term(token)
  return total
}

const most: Pool = (tokens, at) => {
  let largest = -Infinity
  for (let token = 0; token < tokens; token++) largest = Math.max(largest, at(token))
  return largest
}

/**
 * Ways to make one vector out of a text's tokens, by sentence-transformers' names. `weightedmean` weighs a token with
 * its place, from 1.
 *
 * @see https://sbert.net/docs/package_reference/sentence_transformer/models.html#pooling
 */
export type Pooling = 'cls' | 'max' | 'mean' | 'mean_sqrt_len_tokens' | 'weightedmean' | 'lasttoken'

const POOLINGS: Readonly<Record<Pooling, Pool>> = {
  cls: (_, at) => at(0),
  max: most,
  mean: (tokens, at) => sum(tokens, at) / tokens,
  mean_sqrt_len_tokens: (tokens, at) => sum(tokens, at) / Math.sqrt(tokens),
  weightedmean: (tokens, at) => sum(tokens, (token) => (token + 1) * at(token)) / sum(tokens, (token) => token + 1),
  lasttoken: (tokens, at) => at(tokens - 1),
}

/**
 * The vector of a text: what each way makes of its tokens, one after another. Padding, at the right, is left out; a text
 * of no tokens is all zeros.
 *
 * @param encoded last hidden states [texts, width, size]
 */
export const pooled = (
  { output: { data, shape }, mask }: Encoded,
  row: number,
  poolings: readonly Pooling[],
): Float32Array => {
  const [, width, size] = shape as readonly [number, number, number]
  const tokens = mask.subarray(row * width, (row + 1) * width).lastIndexOf(1) + 1
  const vector = new Float32Array(poolings.length * size)
  if (tokens === 0) return vector
  poolings.forEach((pooling, block) => {
    for (let i = 0; i < size; i++)
      vector[block * size + i] = POOLINGS[pooling](tokens, (token) => data[(row * width + token) * size + i]!)
  })
  return vector
}
