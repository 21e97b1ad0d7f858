import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { tokenLogProbs } from '../index.ts'
import { trace } from '../trace/trace.ts'

/** Nothing of a traced array is in memory but its shape. */
const scored = (rows: number, vocab: number) =>
  trace(
    ({ logits, ids }) => ({ logProb: tokenLogProbs(logits as tf.Tensor2D, ids as tf.Tensor2D) }),
    { logits: { shape: [rows, vocab], dtype: 'float32' }, ids: { shape: [rows, 1], dtype: 'int32' } },
    {},
  )

test('logits that int32 cannot count are refused, not gathered from elsewhere', () => {
  expect(() => scored(16_384, 131_073)).toThrow(/16384 rows of 131073 logits.*fewer rows/)
  expect(scored(16_384, 131_072).graph.nodes).not.toHaveLength(0)
})
