/** Throws a RangeError unless a count is a whole number from `least`. */
export const checkCount = (name: string, count: number, least = 1): void => {
  if (!(Number.isInteger(count) && count >= least)) throw new RangeError(`${name} ${count}: an integer from ${least}`)
}
