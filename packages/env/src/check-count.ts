/**
 * Throws a RangeError unless a count is a whole number from 1.
 *
 * @example checkCount('checkpointEvery', 'every', 0)
 * // checkpointEvery: every must be a whole number of at least 1, found 0
 */
export const checkCount = (caller: string, name: string, count: number): void => {
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new RangeError(`${caller}: ${name} must be a whole number of at least 1, found ${count}`)
}
