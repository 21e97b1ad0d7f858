/** Options by their names. */
type Named = Readonly<Record<string, number>>

const check = (caller: string, options: Named, holds: (x: number) => boolean, wanted: string): void => {
  for (const [name, x] of Object.entries(options))
    if (!holds(x)) throw new RangeError(`${caller}: ${name} must be ${wanted}, found ${x}`)
}

/** Throws a RangeError unless every option is finite and at least 0. */
export const atLeastZero = (caller: string, options: Named): void =>
  check(caller, options, (x) => x >= 0 && x < Infinity, 'at least 0')

/** Throws a RangeError unless every option is finite. */
export const finiteOptions = (caller: string, options: Named): void => check(caller, options, Number.isFinite, 'finite')

/** Throws a RangeError unless every option is from 0 to 1. */
export const fractions = (caller: string, options: Named): void =>
  check(caller, options, (x) => x >= 0 && x <= 1, 'within 0 and 1')

/** Throws a RangeError unless every option is above 0; infinity is. */
export const aboveZero = (caller: string, options: Named): void => check(caller, options, (x) => x > 0, 'above 0')
