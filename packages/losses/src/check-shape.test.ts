import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { checkRank, checkShape } from './check-shape.ts'

test('an error names function, argument, expected and found', () => {
  expect(() => checkShape('f', 'x', tf.zeros([2, 4]), { rows: 2, states: 3 })).toThrow(
    'f: x must be [rows, states] = [2, 3], found [2, 4]',
  )
  expect(() => checkShape('f', 'x', tf.zeros([2]), { rows: 2, states: 3 })).toThrow('found [2]')
  expect(() => checkRank('f', 'x', tf.scalar(1), ['rows', 'states'])).toThrow('f: x must be [rows, states], found []')
})

test('the right shape passes', () => {
  expect(() => checkShape('f', 'x', tf.scalar(1), {})).not.toThrow()
  expect(() => checkShape('f', 'x', tf.zeros([2, 3]), { rows: 2, states: 3 })).not.toThrow()
})
