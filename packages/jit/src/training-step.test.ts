import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { type Device, type HostTensor, hostScalar, hostTensor, jit, tokenLogProbs } from './index.ts'

type Tensors = Readonly<Record<string, tf.Tensor>>
interface Step {
  readonly w: Tensors
  readonly m: Tensors
  readonly v: Tensors
  readonly t: tf.Tensor
  readonly tokens: tf.Tensor1D
  readonly targets: tf.Tensor2D
}

const map = (names: readonly string[], f: (name: string) => tf.Tensor): Record<string, tf.Tensor> =>
  Object.fromEntries(names.map((n) => [n, f(n)]))

/** Embedding, GELU-like layer, head; cross-entropy; Adam (Kingma & Ba 2015) with bias correction. */
const step = ({ w, m, v, t, tokens, targets }: Step, { mask }: Tensors) => {
  const names = Object.keys(w)
  const loss = (...given: tf.Tensor[]): tf.Scalar => {
    const p = Object.fromEntries(names.map((n, i) => [n, given[i]!]))
    const h = tf.gather(p['embed'] as tf.Tensor2D, tokens)
    const u = tf.matMul(h as tf.Tensor2D, p['up'] as tf.Tensor2D)
    const a = tf.add(
      tf.matMul(tf.mul(u, tf.sigmoid(tf.mul(u, 1.702))) as tf.Tensor2D, p['up'] as tf.Tensor2D, false, true),
      h,
    )
    const logits = tf.add(tf.matMul(a as tf.Tensor2D, p['embed'] as tf.Tensor2D, false, true), mask!) as tf.Tensor2D
    return tf.neg(tf.mean(tokenLogProbs(logits, targets)))
  }
  const { value, grads } = tf.valueAndGrads(loss)(names.map((n) => w[n]!))
  const g = Object.fromEntries(names.map((n, i) => [n, grads[i]!]))
  const m1 = map(names, (n) => tf.add(tf.mul(m[n]!, 0.9), tf.mul(g[n]!, 0.1)))
  const v1 = map(names, (n) => tf.add(tf.mul(v[n]!, 0.99), tf.mul(tf.square(g[n]!), 0.01)))
  const corrected = (x: tf.Tensor, beta: number): tf.Tensor => tf.div(x, tf.sub(1, tf.pow(tf.scalar(beta), t)))
  const w1 = map(names, (n) =>
    tf.sub(w[n]!, tf.mul(0.05, tf.div(corrected(m1[n]!, 0.9), tf.add(tf.sqrt(corrected(v1[n]!, 0.99)), 1e-8)))),
  )
  return { loss: value, w: w1, m: m1, v: v1 }
}

const initial = (rows: number, columns: number, f: (i: number) => number): HostTensor =>
  hostTensor(
    Float32Array.from({ length: rows * columns }, (_, i) => f(i)),
    [rows, columns],
  )
const w = { embed: initial(6, 4, (i) => 0.5 * Math.sin(3 * i + 1)), up: initial(4, 5, (i) => 0.4 * Math.cos(2 * i)) }
const zeros = { embed: initial(6, 4, () => 0), up: initial(4, 5, () => 0) }
const mask = hostTensor(Float32Array.of(0, 0, 0, 0, 0, -Infinity))
const batch = { tokens: hostTensor(Int32Array.of(0, 1, 2, 0)), targets: hostTensor(Int32Array.of(1, 2, 3, 1), [4, 1]) }

const train = async (device: Device) => {
  const f = jit(step, { device, constants: { mask } })
  let state = { w, m: zeros, v: zeros }
  const losses: number[] = []
  for (let t = 1; t <= 20; t++) {
    const { loss, ...next } = await f({ ...state, ...batch, t: hostScalar(t) } as never)
    losses.push(loss.data[0]!)
    state = next as typeof state
  }
  await f.dispose()
  return { losses, weights: [...state.w.embed.data, ...state.w.up.data] }
}

test('forward, backward and Adam as one graph train as the eager ops do', async () => {
  const [eager, compiled] = [await train('tfjs:cpu'), await train('cpu')]
  compiled.losses.forEach((loss, i) => expect(loss).toBeCloseTo(eager.losses[i]!, 4))
  compiled.weights.forEach((x, i) => expect(x).toBeCloseTo(eager.weights[i]!, 3))
  expect(eager.losses[19]).toBeLessThan(0.5 * eager.losses[0]!)
})

test('the same graph gives the same bytes', async () => {
  expect(await train('cpu')).toEqual(await train('cpu'))
})
