/**
 * Throws a RangeError unless the cells of row-major arrays [rows, steps] are numbers where they count.
 *
 * @param counts whether a cell counts
 * @param holds  what a cell must be; default finite
 * @example checkCells('generalisedAdvantages', 3, () => true, { rewards: [0, 1, NaN] })
 * // generalisedAdvantages: rewards of row 0 at step 2 is NaN
 */
export const checkCells = (
  caller: string,
  steps: number,
  counts: (cell: number) => boolean,
  given: Readonly<Record<string, ArrayLike<number>>>,
  holds: (x: number) => boolean = Number.isFinite,
): void => {
  for (const [argument, x] of Object.entries(given))
    for (let cell = 0; cell < x.length; cell++)
      if (counts(cell) && !holds(x[cell]))
        throw new RangeError(
          `${caller}: ${argument} of row ${Math.floor(cell / steps)} at step ${cell % steps} is ${x[cell]}`,
        )
}
