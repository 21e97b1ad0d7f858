import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bema, softUpdate } from './parameter-averages.ts'

const vector = (...numbers: number[]): Float32Array => Float32Array.of(...numbers)

test('figures of TRL', () => {
  expect([...softUpdate(vector(1, -2), vector(3, 0), 0.6)]).toEqual([2.2, -0.8].map((x) => expect.closeTo(x, 6)))
  const { average, corrected } = bema()(400, vector(0, 1), vector(1, 3), vector(0, 1))
  expect([...average]).toEqual([0.0493864798, 1.0987729597].map((x) => expect.closeTo(x, 6)))
  expect([...corrected]).toEqual([0.349608974, 1.699217948].map((x) => expect.closeTo(x, 6)))
})

test('parameters that do not move are their own average', () => {
  const numbers = fc.array(fc.float({ noNaN: true, min: -9, max: 9 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(numbers, fc.nat(5000), fc.double({ min: 0, max: 1, noNaN: true }), (given, step, alpha) => {
      const theta = Float32Array.from(given)
      const same = [...theta].map((x) => expect.closeTo(x, 5))
      expect([...softUpdate(theta, theta, alpha)]).toEqual(same)
      expect([...bema()(step, theta, theta, theta).corrected]).toEqual(same)
    }),
  )
})

test('α = 1 takes the policy, α = 0 leaves the reference; what does not fit is refused', () => {
  expect([...softUpdate(vector(1), vector(5), 1)]).toEqual([5])
  expect([...softUpdate(vector(1), vector(5), 0)]).toEqual([1])
  expect(() => softUpdate(vector(1), vector(5), 2)).toThrow('alpha must be from 0 to 1, found 2')
  expect(() => softUpdate(vector(1), vector(5, 6))).toThrow('vectors of 1 and 2 numbers')
})

test('a first step whose weight would be infinite is refused', () => {
  const first = vector(0, 1)
  expect(() => bema({ lag: 0 })(0, first, first, first)).toThrow('lag + multiplier · step must be above 0, found 0')
  expect([...bema({ lag: 0 })(1, first, vector(2, 3), first).average]).toEqual([2, 3])
})
