import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { entropicPPO } from './entropic-ppo.ts'

await tf.setBackend('cpu')

const inputs = () => ({
  logProb: tf.tensor2d([
    [-1, -0.5],
    [-2, NaN],
  ]),
  oldLogProb: tf.tensor2d([
    [-1.5, -0.55],
    [-1.2, NaN],
  ]),
  advantage: tf.tensor2d([
    [2, -1],
    [0.5, NaN],
  ]),
  mask: tf.tensor2d([
    [1, 1],
    [1, 0],
  ]),
})

test('the clipped surrogate holds back what has moved far enough, and the divergence is charged', () => {
  const [a, b, c] = [Math.exp(0.5), Math.exp(0.05), Math.exp(-0.8)]
  const kl = [a * 0.5 - a + 1, b * 0.05 - b + 1, c * -0.8 - c + 1]
  const { terms, metrics } = inFloat64(() => {
    const { terms: of, metrics: told } = entropicPPO({ beta: 0.5 })(inputs())
    return { terms: [...of.dataSync()], metrics: told['clip_ratio/region_mean'].dataSync()[0] }
  })
  ;[-2.4 + kl[0] / 2, b + kl[1] / 2, -c * 0.5 + kl[2] / 2, 0].forEach((x, i) => expect(terms[i]).toBeCloseTo(x, 12))
  expect(metrics).toBeCloseTo(1 / 3, 12)
})

test('where nothing has moved its gradient is that of −A log P; an exact divergence replaces its estimate', () => {
  const given = { ...inputs(), oldLogProb: inputs().logProb }
  const loss = (x: tf.Tensor): tf.Scalar => reduce(entropicPPO()({ ...given, logProb: x as tf.Tensor2D }), tf.ones([2]))
  const gradient = tf.grad(loss)(given.logProb).arraySync() as number[][]
  expect(gradient.flat().map((x) => Math.round(x * 1e6) / 1e6)).toEqual([-0.666667, 0.333333, -0.166667, 0])
  const divergence = tf.fill<tf.Rank.R2>([2, 2], 0.25)
  expect(entropicPPO()({ ...given, divergence }).metrics.kl.dataSync()[0]).toBeCloseTo(0.25, 6)
  expect(() => entropicPPO({ epsilon: -1 })).toThrow('entropicPPO: epsilon must be at least 0, found -1')
})
