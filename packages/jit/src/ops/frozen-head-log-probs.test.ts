import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { describe, expect, test } from 'vitest'
import {
  type Device,
  type Head,
  frozenHeadLogProbs,
  headLogProbs,
  hostTensor,
  jit,
  rowProducts,
  tokenLogProbs,
} from '../index.ts'
import { activationBytes } from '../onnx/cost.ts'
import { onnxModel } from '../onnx/model.ts'
import { trace } from '../trace/trace.ts'

const [ROWS, WIDTH, VOCAB] = [7, 5, 11]
const noise = (length: number, seed: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed))

const given = {
  hidden: hostTensor(noise(ROWS * WIDTH, 1), [ROWS, WIDTH]),
  ids: hostTensor(Int32Array.of(0, 10, 3, 3, 7, 1, 5), [ROWS, 1]),
  dy: hostTensor(noise(ROWS, 2), [ROWS, 1]),
}
/** Of a row two tokens, in one the same twice. */
const two = {
  ...given,
  ids: hostTensor(Int32Array.of(0, 10, 10, 3, 3, 10, 3, 3, 7, 0, 1, 10, 5, 6), [ROWS, 2]),
  dy: hostTensor(noise(2 * ROWS, 2), [ROWS, 2]),
}
type Given = { hidden: tf.Tensor2D; ids: tf.Tensor2D; dy: tf.Tensor2D }

const head = (weight: tf.Tensor | undefined): Head => ({
  logits: (x) => tf.matMul(x, weight as tf.Tensor2D, false, true),
  logitsOf: (x, ids) => rowProducts(x, weight as tf.Tensor2D, ids),
})
const times = ({ logits, logitsOf }: Head, factor: number): Head => ({
  logits: (x) => tf.mul(logits(x), factor),
  logitsOf: (x, ids) => tf.mul(logitsOf(x, ids), factor),
})
const plus = ({ logits, logitsOf }: Head, bias: tf.Tensor1D): Head => ({
  logits: (x) => tf.add(logits(x), bias),
  logitsOf: (x, ids) => tf.add(logitsOf(x, ids), tf.gather(bias, ids)),
})
const capped = ({ logits, logitsOf }: Head): Head => ({
  logits: (x) => tf.tanh(logits(x)),
  logitsOf: (x, ids) => tf.tanh(logitsOf(x, ids)),
})

const heads: Readonly<Record<string, (weight: tf.Tensor2D, bias: tf.Tensor1D) => Head>> = {
  'a matrix': head,
  'logits far from 0': (weight) => times(head(weight), 3e3),
  'a bias with tokens ruled out': (weight, bias) =>
    plus(head(weight), tf.where<tf.Tensor>(tf.greater(bias, 0.9), tf.scalar(-Infinity), bias) as tf.Tensor1D),
  'capped logits': (weight, bias) => times(capped(times(plus(head(weight), bias), 0.5)), 2),
}
const constants = {
  weight: hostTensor(noise(VOCAB * WIDTH, 3, 2), [VOCAB, WIDTH]),
  bias: hostTensor(Float32Array.from({ length: VOCAB }, (_, i) => (i === 4 ? 1 : Math.sin(i) / 2))),
}

const whole =
  ({ logits }: Head) =>
  (hidden: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor2D =>
    tokenLogProbs(logits(hidden), ids)

const both = (logProbs: (hidden: tf.Tensor2D, ids: tf.Tensor2D) => tf.Tensor, { hidden, ids, dy }: Given) => {
  const { value, grad } = tf.valueAndGrad((x) => {
    const found = logProbs(x as tf.Tensor2D, ids)
    return tf.sum(tf.mul(tf.square(found), dy))
  })(hidden)
  return { logProb: logProbs(hidden, ids), value, grad }
}

describe.each<Device>(['tfjs:cpu', 'tfjs:wasm', 'cpu'])('on %s', (device) => {
  test.each(
    Object.entries(heads).flatMap(([name, of]) => [
      [name, 'one token', of, given] as const,
      [name, 'two', of, two] as const,
    ]),
  )(
    '%s, %s a row: block by block as from all logits, and so is the gradient',
    async (_name, _tokens, headOf, inputs) => {
      const f = jit(
        (at: Given, { weight, bias }) => {
          const head = headOf(weight as tf.Tensor2D, bias as tf.Tensor1D)
          return {
            expected: both(whole(head), at),
            blocks: both((x, ids) => frozenHeadLogProbs(x, ids, head, {}, 3).logProb, at),
            one: both((x, ids) => frozenHeadLogProbs(x, ids, head).logProb, at),
            value: both((x, ids) => headLogProbs(x, ids, head, {}, 3).logProb, at),
          }
        },
        { device, constants },
      )
      const { expected, ...ways } = await f(inputs)
      for (const [where, found] of Object.entries(ways))
        for (const name of ['logProb', 'value', 'grad'] as const)
          found[name].data.forEach((x, i) => {
            const right = expected[name].data[i]!
            expect(Math.abs(x - right), `${where}, ${name} ${i}: ${x} for ${right}`).toBeLessThan(
              2e-5 * (1 + Math.abs(right)),
            )
          })
      await f.dispose()
    },
  )
})

// tfjs's own cpu backend cannot split what it put together of nothing
test.each<Device>(['tfjs:wasm', 'cpu'])(
  'a batch without rows has no log-probs and no gradient, on %s',
  async (device) => {
    const f = jit(
      ({ hidden, ids }: Given, { weight }) => {
        const logProb = (x: tf.Tensor2D) => frozenHeadLogProbs(x, ids, head(weight)).logProb
        return { logProb: logProb(hidden), grad: tf.grad((x) => tf.sum(logProb(x as tf.Tensor2D)))(hidden) }
      },
      { device, constants },
    )
    const { logProb, grad } = await f({
      hidden: hostTensor(new Float32Array(0), [0, WIDTH]),
      ids: hostTensor(new Int32Array(0), [0, 2]),
      dy: hostTensor(new Float32Array(0), [0, 2]),
    })
    expect([logProb.shape, grad.shape]).toEqual([
      [0, 2],
      [0, WIDTH],
    ])
    await f.dispose()
  },
)

test('values are the same to the bit with and without a gradient beside them', async () => {
  const f = jit(
    ({ hidden, ids }: Given, { weight }) => {
      const { value } = tf.valueAndGrad((x) => tf.sum(frozenHeadLogProbs(x as tf.Tensor2D, ids, head(weight)).logProb))(
        hidden,
      )
      return { value, alone: tf.sum(headLogProbs(hidden, ids, head(weight)).logProb) }
    },
    { constants },
  )
  const { value, alone } = await f(given)
  expect(value.data).toEqual(alone.data)
  await f.dispose()
})

test('a second derivative is refused, not 0', async () => {
  const f = jit(
    ({ hidden, ids }: Given, { weight }) => {
      const slope = tf.grad((x) => tf.sum(frozenHeadLogProbs(x as tf.Tensor2D, ids, head(weight)).logProb))
      return { grad: tf.grad((x) => tf.sum(tf.square(slope(x))))(hidden) }
    },
    { constants },
  )
  await expect(f(given)).rejects.toThrow('no second derivative: take `tokenLogProbs`')
})

test('what else is read of the logits is read of every row', async () => {
  const f = jit(
    ({ hidden, ids }: Given, { weight }) => {
      const { logProb, read } = frozenHeadLogProbs(
        hidden,
        ids,
        head(weight),
        { mean: ({ logits }) => tf.mean(logits, -1, true), likeliest: ({ largest }) => largest },
        3,
      )
      const logits = head(weight).logits(hidden)
      const best = tf.cast(tf.reshape<tf.Rank.R2>(tf.argMax(logits, -1), [ROWS, 1]), 'int32')
      const { logProb: largest } = frozenHeadLogProbs(hidden, best, head(weight), {}, 3)
      return { logProb, ...read, largest, expected: tf.mean(logits, -1) }
    },
    { constants },
  )
  const { mean, expected, likeliest, largest } = await f(given)
  mean.data.forEach((x, i) => expect(x).toBeCloseTo(expected.data[i]!, 5))
  expect(likeliest.data).toEqual(largest.data)
  await f.dispose()
})

test('nobody pays for a gradient that is not asked for', () => {
  const products = (of: (x: tf.Tensor2D, ids: tf.Tensor2D, head: Head) => tf.Tensor) =>
    trace(
      ({ hidden, ids }, { weight }) => ({ out: of(hidden as tf.Tensor2D, ids as tf.Tensor2D, head(weight)) }),
      { hidden: { shape: [ROWS, WIDTH], dtype: 'float32' }, ids: { shape: [ROWS, 2], dtype: 'int32' } },
      { weight: constants.weight },
    ).graph.nodes.filter(({ op }) => op === 'MatMul' || op === 'FusedMatMul').length
  expect(products((x, ids, head) => frozenHeadLogProbs(x, ids, head).logProb)).toBe(1)
  // a reference is scored within what somebody else's gradient is taken of
  const values = (logProbs: typeof headLogProbs) =>
    products(
      (x, ids, head) =>
        tf.valueAndGrad((y) => tf.mul(tf.sum(y), tf.sum(logProbs(x, ids, head).logProb)))(tf.ones([2])).value,
    )
  expect([values(headLogProbs), values(frozenHeadLogProbs)]).toEqual([1, 2])
})

test('of a step no more logits are there at one time than two blocks have', () => {
  const [rows, width, vocab, block] = [64, 8, 512, 16]
  const step = (logProbs: (x: tf.Tensor2D, ids: tf.Tensor2D, head: Head) => tf.Tensor) => {
    const { graph } = trace(
      ({ hidden, ids }, { weight }) => {
        return { grad: tf.grad((x) => tf.mean(logProbs(x as tf.Tensor2D, ids as tf.Tensor2D, head(weight))))(hidden!) }
      },
      { hidden: { shape: [rows, width], dtype: 'float32' }, ids: { shape: [rows, 2], dtype: 'int32' } },
      { weight: hostTensor(noise(vocab * width, 1), [vocab, width]) },
    )
    expect(onnxModel(graph).inputs).toContain('hidden')
    return activationBytes(graph) / (4 * vocab)
  }
  expect(step((x, ids, head) => whole(head)(x, ids))).toBeGreaterThan(2 * rows)
  expect(step((x, ids, head) => frozenHeadLogProbs(x, ids, head, {}, block).logProb)).toBeLessThan(3 * block + 8)
})
