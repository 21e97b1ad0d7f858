import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { log1mexp } from '../preference/log1mexp.ts'
import { crossEntropy } from '../supervised/cross-entropy.ts'
import { dynamicFineTuning } from '../supervised/dynamic-fine-tuning.ts'
import type { TokenLogProbs } from '../supervised/learned-tokens.ts'
import { climbsAsItsGradient, eagerCpu, onnxRuntime } from './differences.ts'
import type { Tried } from './evaluate.ts'

beforeAll(() => tf.setBackend('cpu'))

const rows = [
  { logProb: [-0.4, -1.3, -0.2], mask: [1, 1, 1] },
  { logProb: [-2.1, -0.7, -0.9], mask: [1, 1, 0] },
]

/** x, whose gradient comes back multiplied. */
const bent = (x: tf.Tensor2D, factor: number | number[][]): tf.Tensor2D =>
  tf.customGrad((given) => ({
    value: tf.clone(given as tf.Tensor),
    gradFunc: (dy) => tf.mul(dy as tf.Tensor, factor),
  }))(x) as tf.Tensor2D

/** A squared log-probability: a loss that curves. */
const curved = (factor: number | number[][]): Tried => ({
  learned: ['logProb'],
  loss: ({ logProb, mask }: TokenLogProbs) => {
    const { terms, ...rest } = crossEntropy()({ logProb: bent(logProb, factor), mask })
    return { ...rest, terms: tf.square(terms) }
  },
})

/** Unlikelihood, −log(1 − p), whose slope grows as 1 / (1 − p): two points that are far apart tell too much of it. */
const steep = (factor: number): Tried => ({
  learned: ['logProb'],
  loss: ({ logProb, mask }: TokenLogProbs) => crossEntropy()({ logProb: log1mexp(bent(logProb, factor)), mask }),
})

const steepRows = [
  { logProb: [-0.07, -1.3, -0.2], mask: [1, 1, 1] },
  { logProb: [-2.1, -0.06, -0.9], mask: [1, 1, 0] },
]

describe.each([eagerCpu, onnxRuntime])('$name', (engine) => {
  const law = (tried: Tried): Promise<void> => climbsAsItsGradient(tried, rows, engine)

  test('the gradient of a value passes', () => law(curved(1)))

  test.each([1.03, 0.97, -1])('one that is %d times as long does not', (factor) =>
    expect(law(curved(factor))).rejects.toThrow('are not the slopes'),
  )

  test('nor one of which a single number is a fifth too large', () =>
    expect(
      law(
        curved([
          [1, 1.2, 1],
          [1, 1, 1],
        ]),
      ),
    ).rejects.toThrow('are not the slopes'))

  test('a loss that curves much passes, but not where its gradient is 3 % wrong', async () => {
    await climbsAsItsGradient(steep(1), steepRows, engine)
    for (const factor of [1.03, 0.97])
      await expect(climbsAsItsGradient(steep(factor), steepRows, engine)).rejects.toThrow('are not the slopes')
  })

  test('a part that is detached must be said to be', () =>
    expect(law({ learned: ['logProb'], loss: dynamicFineTuning() })).rejects.toThrow('are not the slopes'))

  test('a frozen part must leave the value as it is', () =>
    expect(law({ ...curved(1), frozen: { part: 'nothing of it', loss: () => crossEntropy() } })).rejects.toThrow(
      'with nothing of it frozen',
    ))
})
