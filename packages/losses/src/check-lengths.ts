/**
 * Throws a RangeError unless arrays have as many elements as they must: what is missing would be read as nothing and
 * become NaN, and what is too much would not be read at all. For functions of plain arrays; those of tensors have
 * `checkShape`. Arguments that are left out are not checked.
 *
 * @param of     what gives the length, in words
 * @param length how many elements each array must have
 * @example checkLengths('klPenalised', 'one a reward', 2, { kl })
 * // klPenalised: kl must have length 2, one a reward, found 1
 */
export const checkLengths = (
  caller: string,
  of: string,
  length: number,
  given: Readonly<Record<string, ArrayLike<unknown> | undefined>>,
): void => {
  for (const [argument, x] of Object.entries(given))
    if (x !== undefined && x.length !== length)
      throw new RangeError(`${caller}: ${argument} must have length ${length}, ${of}, found ${x.length}`)
}
