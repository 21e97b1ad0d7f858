import { type Json, flatten } from './json.ts'

/** What the library gave beside what the reference gave. */
export interface Comparison {
  /** What is compared: a key of the case's `expected`. */
  readonly what: string
  readonly found: readonly number[]
  readonly expected: readonly number[]
  /** What the library computed it in. */
  readonly precision: 'float32' | 'float64'
}

/** A part of a case that counts by itself, or all of it (part ''). */
export type Part =
  | { readonly part: string; readonly comparisons: readonly Comparison[] }
  | { readonly part: string; readonly skipped: string }

/** fp32 keeps 1e-5 of the largest number of an array through a few dozen operations. */
export const FLOAT32 = { relative: 1e-5, absolute: 1e-6 } as const

/** Compares numbers the library computed in fp32. */
export const inFloat32 = (what: string, found: ArrayLike<number>, expected: Json): Comparison => ({
  what,
  found: Array.from(found),
  expected: flatten(expected),
  precision: 'float32',
})

/** Compares numbers the library computed in float64. */
export const inFloat64 = (what: string, found: ArrayLike<number>, expected: Json): Comparison => ({
  ...inFloat32(what, found, expected),
  precision: 'float64',
})

/**
 * The worst error of a comparison in units of what is tolerated: it holds iff ≤ 1. Infinity for a wrong number of
 * numbers or one that is not the number expected to be infinite.
 *
 * @param tolerance the case's own, which float64 results must meet: absolute, and relative to numbers above 1
 */
export const errorOf = ({ found, expected, precision }: Comparison, tolerance: number): number => {
  if (found.length !== expected.length) return Infinity
  const largest = expected.filter(Number.isFinite).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  const tolerated =
    precision === 'float64' ? tolerance * Math.max(1, largest) : FLOAT32.absolute + FLOAT32.relative * largest
  const errors = expected.map((x, i) => (Object.is(x, found[i]) ? 0 : Math.abs(found[i] - x) / tolerated))
  return errors.reduce((worst, e) => (Number.isNaN(e) ? Infinity : Math.max(worst, e)), 0)
}
