/**
 * A column of a batch, as it is, once it has a number for each row: rows without one would weigh nothing that can be
 * told, or as much as those of another class.
 *
 * @throws RangeError for a column of another length
 */
export const columnOfRows = (
  caller: string,
  name: string,
  column: ArrayLike<number>,
  rows: number,
): ArrayLike<number> => {
  if (column.length === rows) return column
  throw new RangeError(`${caller}: ${name} must have length ${rows}, one a row, found ${column.length}`)
}
