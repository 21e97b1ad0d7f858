import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Sharing, fixedLength, sequenceMean, sequenceSum, tokenMean } from './sharing.ts'
import { type Terms, reduce, selfNormalised, weightedSum } from './terms.ts'

await tf.setBackend('cpu')

const mask = tf.tensor2d([
  [1, 1, 0],
  [0, 0, 0],
  [1, 1, 1],
])
const terms = tf.tensor2d([
  [1, 2, 9],
  [9, 9, 9],
  [3, 5, 7],
])
const lossOf = (sharing: Sharing): number =>
  reduce({ terms, metrics: {}, ...sharing(mask) }, tf.ones([3])).dataSync()[0]

test.each([
  ['tokenMean', tokenMean, (1 + 2 + 3 + 5 + 7) / 5],
  ['sequenceMean', sequenceMean, ((1 + 2) / 2 + (3 + 5 + 7) / 3) / 2],
  ['sequenceSum', sequenceSum, (1 + 2 + 3 + 5 + 7) / 2],
  ['fixedLength', fixedLength(10), (1 + 2 + 3 + 5 + 7) / 30],
])('%s', (_, sharing, expected) => expect(lossOf(sharing)).toBeCloseTo(expected, 5))

describe('batches accumulated by their mass', () => {
  const row = fc.record({
    terms: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 }),
    mask: fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 }),
    weight: fc.double({ min: 0, max: 3, noNaN: true }),
  })
  const sharings = { tokenMean, sequenceMean, sequenceSum, fixedLength: fixedLength(5) }

  test.each(Object.entries(sharings))('%s: are the batch of all rows', (_, sharing) => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 2, maxLength: 6 }),
        fc.constantFrom(weightedSum, selfNormalised),
        (rows, reducer) => {
          const reduced = (some: typeof rows): { loss: number; mass: number } => {
            const given: Terms = {
              terms: tf.tensor2d(some.map((r) => r.terms)),
              metrics: {},
              ...sharing(tf.tensor2d(some.map((r) => r.mask))),
            }
            const { loss, mass } = reducer(given, tf.tensor1d(some.map((r) => r.weight)))
            return { loss: loss.dataSync()[0], mass: mass.dataSync()[0] }
          }
          const parts = rows.map((r) => reduced([r]))
          const mass = parts.reduce((sum, part) => sum + part.mass, 0)
          const together = parts.reduce((sum, part) => sum + part.mass * part.loss, 0) / (mass || 1)
          expect(Math.abs(together - reduced(rows).loss)).toBeLessThan(1e-4)
        },
      ),
      { numRuns: 40 },
    )
  })
})

test('a fixed length is a length', () => {
  expect(() => fixedLength(0)).toThrow('fixedLength: length must be above 0, found 0')
})
