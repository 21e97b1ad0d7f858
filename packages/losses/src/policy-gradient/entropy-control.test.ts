import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adaptiveEntropy, startingBonus } from './entropy-control.ts'

test('the coefficient rises at and below the target, falls above it, and is applied only where it rose', () => {
  const control = adaptiveEntropy({ target: 0.5, step: 0.25, most: 0.5 })
  const seen = [0.4, 0.5, 0.1, 0.6, 0.7, 0.9, 0.2].reduce(
    (bonuses, entropy) => [...bonuses, control(bonuses.at(-1)!, entropy)],
    [startingBonus(0)],
  )
  expect(seen.map(({ coefficient }) => coefficient)).toEqual([0, 0.25, 0.5, 0.5, 0.25, 0, 0, 0.25])
  expect(seen.map(({ applied }) => applied)).toEqual([0, 0.25, 0.5, 0.5, 0, 0, 0, 0.25])
})

test('it stays in its range, and as it is where the entropy is not known', () => {
  const control = adaptiveEntropy({ least: 0.01, most: 0.02 })
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1 })), (entropies) => {
      const { coefficient, applied } = entropies.reduce(control, startingBonus(0.015))
      expect(coefficient).toBeGreaterThanOrEqual(0.01)
      expect(coefficient).toBeLessThanOrEqual(0.02)
      expect([0, coefficient]).toContain(applied)
    }),
  )
  expect(control(startingBonus(0.015), NaN)).toEqual(startingBonus(0.015))
})

test('a range that is none, and a coefficient that is no number, are errors', () => {
  expect(() => adaptiveEntropy({ least: 2 })).toThrow('adaptiveEntropy: least must be at most 1, found 2')
  expect(() => adaptiveEntropy({ step: NaN })).toThrow('adaptiveEntropy: step must be at least 0, found NaN')
  expect(() => startingBonus(-1)).toThrow('startingBonus: coefficient must be at least 0, found -1')
  expect(() => adaptiveEntropy()({ coefficient: NaN, applied: 0 }, 0.1)).toThrow('coefficient must be finite')
})
