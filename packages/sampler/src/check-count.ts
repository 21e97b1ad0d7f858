/** Throws a RangeError unless a count is a whole number from 1. */
export const checkCount = (name: string, count: number): void => {
  if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`${name} ${count}: an integer from 1`)
}
