import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { reverseKL } from './divergence.ts'
import { sampledReverseKL } from './sampled-reverse-kl.ts'

await tf.setBackend('cpu')

const teacher = [0.5, 1.5, -1]
const logitsOf = (z: readonly number[]): tf.Tensor2D => tf.tensor2d([[...z]])

test('over every token there is, by how likely each is, its gradient is that of the divergence', () => {
  const start = [1, -0.5, 0.2]
  inFloat64(() => {
    const p = [...tf.softmax(logitsOf(start)).dataSync()]
    const loss = (z: tf.Tensor): tf.Scalar => {
      const all = { logProb: tf.transpose(tf.logSoftmax(z as tf.Tensor2D)), mask: tf.ones<tf.Rank.R2>([3, 1]) }
      const teacherLogProb: tf.Tensor2D = tf.transpose(tf.logSoftmax(logitsOf(teacher)))
      // Rows are averaged; weights of 3 p make the mean an expectation.
      return reduce(sampledReverseKL()({ ...all, teacherLogProb }), tf.tensor1d(p.map((q) => 3 * q)))
    }
    const expected = tf
      .grad((z) => reverseKL(z as tf.Tensor2D, logitsOf(teacher)))(logitsOf(start))
      .dataSync()
    tf.grad(loss)(logitsOf(start))
      .dataSync()
      .forEach((g, v) => expect(g).toBeCloseTo(expected[v]!, 12))
  })
})

test('it is at rest where the student is the teacher', () => {
  const teacherLogProb = tf.tensor2d([[-0.3, -2]])
  const of = (x: tf.Tensor): tf.Tensor =>
    sampledReverseKL()({ logProb: x as tf.Tensor2D, teacherLogProb, mask: tf.ones([1, 2]) }).terms
  expect([...tf.grad(of)(teacherLogProb).dataSync()]).toEqual([0, 0])
})

test('tokens that are impossible for one or both have a finite loss and no gradient', () => {
  const at = (own: number, teachers: number): number[] => {
    const given = { teacherLogProb: tf.tensor2d([[teachers]]), mask: tf.ones<tf.Rank.R2>([1, 1]) }
    const of = (x: tf.Tensor): tf.Tensor => sampledReverseKL()({ ...given, logProb: x as tf.Tensor2D }).terms
    const { value, grad } = tf.valueAndGrad(of)(tf.tensor2d([[own]]))
    return [value.dataSync()[0]!, grad.dataSync()[0]!]
  }
  expect(at(-Infinity, -Infinity).map(Math.abs)).toEqual([0, 0])
  expect(at(-1, -Infinity)).toEqual([1 - 1e6, 0])
  expect(at(-Infinity, -1)[1]).toBe(0)
})
