import fc from 'fast-check'
import { expect, test } from 'vitest'
import { constant, cosine, linear, warmup } from './schedule.ts'

test('constant never changes', () => {
  expect([0, 7, 1e6].map(constant(3e-4))).toEqual([3e-4, 3e-4, 3e-4])
})

test('linear takes equal steps, then stays', () => {
  expect([0, 1, 2, 3, 4, 5].map(linear(1, 0.5, 4))).toEqual([1, 0.875, 0.75, 0.625, 0.5, 0.5])
})

test('cosine is half way at half time, then stays at its end', () => {
  const at = cosine(2, 1, 10)
  expect([at(0), at(10), at(999)]).toEqual([2, 1, 1])
  expect(at(5)).toBeCloseTo(1.5, 12)
  // 1 + (1 + cos(π/5)) / 2
  expect(at(2)).toBeCloseTo(1.9045084971874737, 12)
})

test('warmup learns from step 0 and reaches the schedule on time', () => {
  expect([0, 1, 2, 3, 4].map(warmup(4, constant(1)))).toEqual([0.25, 0.5, 0.75, 1, 1])
})

test('no schedule leaves the interval of its ends', () => {
  const schedules = [linear, cosine]
  fc.assert(
    fc.property(fc.nat(400), fc.integer({ min: 1, max: 300 }), fc.constantFrom(...schedules), (step, steps, make) => {
      const x = make(0.3, 0.1, steps)(step)
      return x >= 0.1 - 1e-15 && x <= 0.3 + 1e-15
    }),
  )
})

test('warmup over part of a step never goes beyond the schedule', () => {
  expect([0, 1, 2, 3].map(warmup(2.5, constant(1)))).toEqual([0.4, 0.8, 1, 1])
})
