import { bucketedCount, coarseCount } from './bucketed.ts'

/** How rows lie on prompts: `trunks` prompts run, each for up to `share` rows. */
export interface Sharing {
  readonly trunks: number
  readonly share: number
}

/** Two passes cost more than their tokens (more operators, smaller products): sharing must save a fifth of those. */
const WORTHWHILE = 0.8

/** Rows of each prompt that has any. */
const sizesOf = (group: Int32Array): number[] => {
  const sizes = new Map<number, number>()
  for (const prompt of group) sizes.set(prompt, (sizes.get(prompt) ?? 0) + 1)
  return [...sizes.values()]
}

/** Trunks that `share` rows each need: a prompt with more rows has several. */
const trunksFor = (sizes: readonly number[], share: number): number =>
  sizes.reduce((sum, size) => sum + Math.ceil(size / share), 0)

/**
 * The sharing with the fewest tokens to run, or none where it hardly pays. Groups of equal size share exactly; others
 * are rounded to few sizes, so that batches which are ragged anew at every step meet few shapes.
 *
 * @param group  [rows] the prompt of each row
 */
export const sharing = (group: Int32Array, promptWidth: number, width: number): Sharing => {
  const sizes = sizesOf(group)
  const largest = Math.max(...sizes)
  const apart = { trunks: group.length, share: 1 }
  const even = sizes.every((size) => size === largest)
  const together = even
    ? [{ trunks: sizes.length, share: largest }]
    : Array.from(new Set(Array.from({ length: largest }, (_, i) => coarseCount(i + 1)))).map((share) => ({
        trunks: bucketedCount(trunksFor(sizes, share)),
        share,
      }))
  const cost = ({ trunks, share }: Sharing): number => trunks * (promptWidth + share * width)
  const best = together.reduce((least, next) => (cost(next) < cost(least) ? next : least))
  return cost(best) < WORTHWHILE * cost(apart) ? best : apart
}
