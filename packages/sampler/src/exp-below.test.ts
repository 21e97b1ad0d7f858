import { keyOf, uniform } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { expBelow } from './exp-below.ts'

test('it is exp to 1e-13, from 0 down to where float64 ends', () => {
  for (let i = 0; i < 50_000; i++) {
    const x = -700 * uniform(keyOf(1), i) ** 4
    const exact = Math.exp(x)
    if (!(Math.abs(expBelow(x) - exact) <= 1e-13 * exact)) expect.fail(`exp(${x}) is ${exact}, not ${expBelow(x)}`)
  }
})

test('0 gives exactly 1, what vanishes exactly 0, NaN stays NaN', () => {
  expect([0, -0, -701, -1e300, -Infinity, NaN].map(expBelow)).toEqual([1, 1, 0, 0, 0, NaN])
})

test('it grows with x, across the steps of its tables too', () => {
  for (let n = 0; n < 2_000; n++) {
    const step = (-n * Math.LN2) / 64
    expect(expBelow(step - 1e-9)).toBeLessThan(expBelow(step))
  }
})
