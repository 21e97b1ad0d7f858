import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inFloat64 } from '../testing/float64.ts'
import { many } from '../testing/rows.ts'
import { type Divergence, forwardKL, jensenShannon, reverseKL } from './divergence.ts'
import { generalisedKnowledgeDistillation } from './generalised-knowledge-distillation.ts'

await tf.setBackend('cpu')

const logitsOf = (p: readonly number[]): tf.Tensor2D => tf.log(tf.tensor2d([[...p]]))
const at = (divergence: Divergence, s: readonly number[], t: readonly number[]): number =>
  divergence(logitsOf(s), logitsOf(t)).dataSync()[0]!
const slopeAt = (divergence: Divergence, s: readonly number[], t: readonly number[]): number[] => [
  ...tf
    .grad((x) => divergence(x as tf.Tensor2D, logitsOf(t)))(logitsOf(s))
    .dataSync(),
]

test('the two Kullback–Leibler divergences of known distributions', () => {
  const [s, t] = [
    [0.1, 0.9],
    [0.9, 0.1],
  ]
  expect(inFloat64(() => at(forwardKL, s, t))).toBeCloseTo(0.8 * Math.log(9), 12)
  const negativeEntropy = 0.25 * Math.log(0.25) + 0.75 * Math.log(0.75)
  expect(inFloat64(() => at(reverseKL, [0.25, 0.75], [0.5, 0.5]))).toBeCloseTo(Math.log(2) + negativeEntropy, 12)
})

test('each is 0 and flat where the student is the teacher', () => {
  for (const divergence of [forwardKL, reverseKL, jensenShannon(0.3)]) {
    expect(inFloat64(() => at(divergence, [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]))).toBeCloseTo(0, 14)
    for (const g of slopeAt(divergence, [0.2, 0.3, 0.5], [0.2, 0.3, 0.5])) expect(g).toBeCloseTo(0, 6)
  }
})

const logits = many(5, -4, 4)
const twoTables = fc.tuple(logits, logits)

test('β and 1 − β change places with the distributions; β = ½ is symmetric, at most log 2', () => {
  fc.assert(
    fc.property(twoTables, ([s, t]) =>
      inFloat64(() => {
        const [a, b] = [tf.tensor2d([s]), tf.tensor2d([t])]
        const value = (beta: number, x: tf.Tensor2D, y: tf.Tensor2D): number => jensenShannon(beta)(x, y).dataSync()[0]!
        expect(value(0.2, a, b)).toBeCloseTo(value(0.8, b, a), 12)
        expect(value(0.5, a, b)).toBeLessThanOrEqual(Math.log(2))
        // The formula leaves its ends as β KL(T‖S) and (1 − β) KL(S‖T).
        expect(value(1e-6, a, b) / 1e-6).toBeCloseTo(forwardKL(a, b).dataSync()[0]!, 2)
        expect(value(1 - 1e-6, a, b) / 1e-6).toBeCloseTo(reverseKL(a, b).dataSync()[0]!, 2)
      }),
    ),
    { numRuns: 20 },
  )
})

test('what a temperature does to the loss is what it does to both logits', () => {
  const student = tf.tensor3d([[[1, 2, -1]]])
  const teacher = tf.tensor3d([[[0, 1, 1]]])
  const loss = generalisedKnowledgeDistillation({ beta: 0, temperature: 4 })
  const { terms } = loss({ student, teacher, mask: tf.ones([1, 1]) })
  const tempered = forwardKL(tf.tensor2d([[0.25, 0.5, -0.25]]), tf.tensor2d([[0, 0.25, 0.25]]))
  expect(terms.dataSync()[0]).toBeCloseTo(tempered.dataSync()[0]!, 6)
})

test('tokens that one of them rules out: infinite only where the divergence is, and never NaN', () => {
  const [s, t] = [
    [0, 0.5, 0.5, 0],
    [0.5, 0.5, 0, 0],
  ]
  expect(at(jensenShannon(0.5), s, t)).toBeCloseTo(Math.log(2) / 2, 6)
  expect(at(forwardKL, s, t)).toBe(Infinity)
  expect(at(reverseKL, s, t)).toBe(Infinity)
  for (const divergence of [forwardKL, reverseKL, jensenShannon(0.5)])
    expect(slopeAt(divergence, s, t).every(Number.isFinite)).toBe(true)
})

test('logits a thousand apart stay finite', () => {
  const [a, b] = [tf.tensor2d([[1000, 0, -1000]]), tf.tensor2d([[-1000, 0, 1000]])]
  expect(forwardKL(a, b).dataSync()[0]).toBe(2000)
  expect(reverseKL(a, b).dataSync()[0]).toBe(2000)
  expect(jensenShannon(0.5)(a, b).dataSync()[0]).toBeCloseTo(Math.log(2), 6)
})

test('options outside of their range are refused', () => {
  expect(() => generalisedKnowledgeDistillation({ beta: 1.1 })).toThrow('beta must be from 0 to 1, found 1.1')
  expect(() => generalisedKnowledgeDistillation({ temperature: 0 })).toThrow('temperature must be above 0, found 0')
})
