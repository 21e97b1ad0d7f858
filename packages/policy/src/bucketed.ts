/** `n` rounded up to a multiple of `smallest` or, where that is more, of 1 / `parts` of the power of two below it. */
const roundedUp =
  (smallest: number, parts: number) =>
  (n: number): number => {
    const step = Math.max(smallest, 2 ** Math.floor(Math.log2(Math.max(1, n))) / parts)
    return Math.max(1, Math.ceil(n / step)) * step
  }

/**
 * A length rounded up so that a compiled graph serves many lengths: to a multiple of 8, from 64 on of a quarter of the
 * power of two below. At most a quarter is padding, and lengths up to 8192 need 36 graphs, not a thousand.
 */
export const bucketed: (n: number) => number = roundedUp(8, 4)

/** A count rounded up alike: exact below 8, at most a quarter more from there on. */
export const bucketedCount: (n: number) => number = roundedUp(1, 4)

/** A count rounded up to 1, 2, 3, 4, 6, 8, 12, 16, …: for what may be chosen freely. */
export const coarseCount: (n: number) => number = roundedUp(1, 2)
