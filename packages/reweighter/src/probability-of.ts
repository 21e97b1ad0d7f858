/** p of a row; throws a RangeError for what is no probability. */
export const probabilityOf = (caller: string, p: ArrayLike<number>, row: number): number => {
  if (!(p[row] >= 0 && p[row] <= 1)) throw new RangeError(`${caller}: row ${row} has probability ${p[row]}`)
  return p[row]
}
