import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { sequenceSum } from '../sharing.ts'
import { reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { dynamicFineTuning } from './dynamic-fine-tuning.ts'

await tf.setBackend('cpu')

const ofTokens = dynamicFineTuning({ sharing: sequenceSum })
const loss = (x: tf.Tensor): tf.Scalar =>
  reduce(ofTokens({ logProb: x as tf.Tensor2D, mask: tf.ones([1, 3]) }), tf.ones([1]))

test('its gradient is that of −p', () => {
  const found = inFloat64(() => [
    ...tf
      .grad(loss)(tf.tensor2d([[-0.1, -2, -9]]))
      .dataSync(),
  ])
  ;[-0.1, -2, -9].forEach((logProb, t) => expect(found[t]).toBeCloseTo(-Math.exp(logProb), 12))
})

test('a token that the model rules out, or all but does, has neither term nor gradient', () => {
  const ruledOut = tf.tensor2d([[-Infinity, -300, -Infinity]])
  expect(loss(ruledOut).dataSync()[0]).toBeCloseTo(0, 9)
  expect(tf.grad(loss)(ruledOut).arraySync()).toEqual([[0, 0, 0]])
})
