/**
 * exp for x ≤ 0 in plain arithmetic, within 1e-13 of Math.exp: a sampler takes it of a whole vocabulary for every
 * token it draws, and a call to Math.exp is most of that time.
 *
 *   x = n · ln 2 / 64 + r,   e^x = 2^⌊n / 64⌋ · 2^((n mod 64) / 64) · (1 + r + … + r⁵ / 120),   −ln 2 / 64 < r ≤ 0
 *
 * Below −700, where it is under 1e-304, it is 0; NaN stays NaN.
 */
export const expBelow = (x: number): number => {
  if (!(x > -700)) return Number.isNaN(x) ? x : 0
  const n = (x * STEPS_PER_NAT) | 0
  const r = x - n * COARSE - n * FINE
  return POWERS[-(n >> 6)] * ROOTS[n & 63] * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r / 120)))))
}

export const STEPS_PER_NAT: number = 64 / Math.LN2
/** ln 2 / 64 in two parts, so that n times the first is exact. */
export const COARSE: number = Math.fround(Math.LN2 / 64)
export const FINE: number = Math.LN2 / 64 - COARSE
/** 2^(j / 64) and 2^−k. */
export const ROOTS: Float64Array = Float64Array.from({ length: 64 }, (_, j) => 2 ** (j / 64))
const POWERS = Float64Array.from({ length: 1024 }, (_, k) => 2 ** -k)
