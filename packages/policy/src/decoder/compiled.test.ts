import { type HostTensor, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lora } from '../adapter/lora.ts'
import type { Tensors } from '../policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits } from '../testing/eager.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [
  [1, 2, 3, 4],
  [0, 0, 7, 8],
]
const TOKENS = hostTensor(Int32Array.from(ROWS.flat()), [2, 4])
const PAD = hostTensor(Int32Array.of(0, 2))

/** The columns [rows, heads, columns, d] after each row's padding, at the beginning of the row. */
const flushLeft = ({ data, shape }: HostTensor, pad: Int32Array): HostTensor => {
  const [, heads, columns, d] = shape as [number, number, number, number]
  const moved = new Float32Array(data.length)
  for (let block = 0; block < data.length; block += columns * d) {
    const skipped = pad[Math.floor(block / (heads * columns * d))]! * d
    moved.set((data as Float32Array).subarray(block + skipped, block + columns * d), block)
  }
  return hostTensor(moved, shape)
}

describe.each([
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
  // What these do not have of the others is nothing that a graph could get wrong: angles, one window more or less.
  ...Object.entries(SMALL_FAMILIES).filter(([name]) => /Qwen 2|Gemma|Phi/.test(name)),
])('compiled to one ONNX graph, a small %s', (_, config) => {
  const policy = rightOf(randomPolicy(config, { seed: 2, adapter: lora({ r: 2 }) }))
  const { constants, cached } = policy
  const trainable = Object.fromEntries(
    Object.entries(policy.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (value, i) => value + 0.05 * Math.sin(i)),
        shape,
      ),
    ]),
  )
  interface Input {
    readonly trainable: Tensors
    readonly tokens: tf.Tensor2D
    readonly pad: tf.Tensor1D
  }
  const input = { trainable, tokens: TOKENS, pad: PAD }

  it('has the logits of the eager decoder', async () => {
    const logits = jit(
      (given: Input, frozen) => ({ out: policy.logits(frozen, given.trainable, given, { start: 0, count: 4 }) }),
      { constants },
    )
    const { out } = await logits(input)
    await logits.dispose()
    const eager = eagerLogits(policy, [ROWS[0]!, ROWS[1]!.slice(2)], { trainable })
    const compiled = tf.tidy(() => tf.tensor3d(out.data as Float32Array, [2, 4, 11]).arraySync())
    expect(apart(compiled[0], eager[0])).toBeLessThan(1e-4)
    expect(apart(compiled[1]!.slice(2), eager[1]!.slice(2))).toBeLessThan(1e-4)
  })

  it('prefills and decodes', async () => {
    const prefill = jit((given: Input, frozen) => cached.prefill(frozen, given.trainable, given), { constants })
    const { fresh } = await prefill(input)
    const decode = jit(
      (given: Input & { cache: Tensors; next: tf.Tensor1D; filled: tf.Tensor1D }, frozen) =>
        cached.decode(frozen, given.trainable, {
          tokens: given.next,
          filled: given.filled,
          cache: given.cache,
        }),
      { constants },
    )
    const step = await decode({
      ...input,
      cache: Object.fromEntries(
        Object.entries(fresh).map(([name, part]) => [name, flushLeft(part, PAD.data as Int32Array)]),
      ),
      next: hostTensor(Int32Array.of(5, 9)),
      filled: hostTensor(Int32Array.of(4, 2)),
    })
    await Promise.all([prefill.dispose(), decode.dispose()])
    const whole = [
      [1, 2, 3, 4, 5],
      [7, 8, 9],
    ].map((row) => eagerLogits(policy, [row], { trainable })[0]!.at(-1)!)
    expect(apart([...step.logits.data], whole)).toBeLessThan(1e-4)
  })

  it.each([
    ['its adapter', trainable],
    ['all its weights', constants],
  ])('has the gradient of finite differences in %s', async (_, weights) => {
    const names = Object.keys(weights)
    const loss = (given: Input, frozen: Tensors, moving: Tensors): tf.Scalar =>
      tf.mean(tf.square(policy.logits(frozen, moving, given, { start: 2, count: 2 })))
    const both = jit(
      (given: Input, frozen) => {
        const { value, grads } = tf.valueAndGrads((...moving: tf.Tensor[]) =>
          loss(given, frozen, Object.fromEntries(names.map((name, i) => [name, moving[i]!]))),
        )(names.map((name) => given.trainable[name]!))
        return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) }
      },
      { constants },
    )
    const { grads } = await both({ ...input, trainable: weights })
    for (const name of names) {
      // Along the gradient itself, where the slope is its norm.
      const gradient = grads[name]!.data as Float32Array
      const norm = Math.hypot(...gradient)
      const at = async (step: number): Promise<number> => {
        const { data, shape } = weights[name]!
        const moved = Float32Array.from(data, (value, i) => value + (step * gradient[i]!) / (norm || 1))
        const { value } = await both({ ...input, trainable: { ...weights, [name]: hostTensor(moved, shape) } })
        return value.data[0]!
      }
      const slope = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2
      expect(Math.abs(slope - norm), name).toBeLessThan(0.02 * norm + 1e-3)
    }
    await both.dispose()
  })
})
