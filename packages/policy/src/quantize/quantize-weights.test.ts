import { type Device, type HostTensors, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { lora } from '../adapter/lora.ts'
import { mergedWeights } from '../adapter/merge.ts'
import { modulesOf } from '../architectures/modules.ts'
import { fromPretrained, loadPolicy } from '../from-pretrained.ts'
import type { Tensors } from '../policy.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { apart, eagerLogits } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { quantizedWeights } from './quantize-weights.ts'

beforeAll(() => tf.setBackend('cpu'))

const LLAMA = {
  ...SMALL_LLAMA,
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  initializer_range: 0.2,
}
const GPT2 = { ...SMALL_GPT2, n_embd: 32, initializer_range: 0.2 }

const ROWS = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
]
const TOKENS = hostTensor(Int32Array.from(ROWS.flat()), [2, 4])
const PAD = hostTensor(Int32Array.of(0, 0))

const jiggled = (weights: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (w, i) => w + 0.05 * Math.sin(i)),
        shape,
      ),
    ]),
  )

interface Input {
  readonly trainable: Tensors
  readonly tokens: tf.Tensor2D
  readonly pad: tf.Tensor1D
}

const lossOf = (policy: PretrainedPolicy, given: Input, frozen: Tensors, moving: Tensors): tf.Scalar =>
  tf.mean(tf.square(policy.logits(frozen, moving, given, { start: 2, count: 2 })))

/** The loss and its gradients in the adapter. */
const slopes = async (policy: PretrainedPolicy, trainable: HostTensors, device: Device = 'cpu') => {
  const names = Object.keys(trainable)
  const both = jit(
    (given: Input, frozen) => {
      const { value, grads } = tf.valueAndGrads((...moving: tf.Tensor[]) =>
        lossOf(policy, given, frozen, Object.fromEntries(names.map((name, i) => [name, moving[i]!]))),
      )(names.map((name) => given.trainable[name]!))
      return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) }
    },
    { constants: policy.constants, device },
  )
  const found = await both({ trainable, tokens: TOKENS, pad: PAD })
  const at = async (moved: HostTensors): Promise<number> =>
    (await both({ trainable: moved, tokens: TOKENS, pad: PAD })).value.data[0]!
  return { ...found, at, dispose: both.dispose }
}

describe.each([
  ['llama', 4, 32, LLAMA],
  ['llama', 8, 16, LLAMA],
  ['gpt2', 4, 16, GPT2],
  ['gpt2', 8, 32, GPT2],
] as const)('a small %s in %i bits, blocks of %i', (_, bits, block, json) => {
  const base = rightOf(randomPolicy(json, { seed: 3, train: 'none' }))
  const adapted = rightOf(randomPolicy(json, { seed: 3, adapter: lora({ r: 2 }) }))
  const constants = rightOf(quantizedWeights(base.config, base.constants, { bits, block }))
  const policy: PretrainedPolicy = { ...adapted, constants }
  const widened = mergedWeights(modulesOf(base.config), constants, {}, () => 1)
  const trainable = jiggled(policy.trainable)

  it('has codes for its linear layers and not for the rest', () => {
    const quantized = Object.keys(constants).filter((name) => name.endsWith('.codes'))
    const left = Object.keys(constants).filter((name) => name.endsWith('.weight'))
    expect(quantized.length).toBe(json === LLAMA ? 14 : 8)
    expect(left.filter((name) => !/norm|ln_|embed|wte|wpe|lm_head/.test(name))).toEqual([])
    expect(apart(eagerLogits(base, ROWS, { constants }), eagerLogits(base, ROWS))).toBeGreaterThan(1e-4)
  })

  it('with B = 0 is the quantised base exactly, compiled too', async () => {
    expect(eagerLogits(policy, ROWS)).toEqual(eagerLogits(policy, ROWS, { trainable: null }))
    const logits = jit(
      (given: Input, frozen) => {
        const columns = { start: 0, count: 4 }
        return {
          on: policy.logits(frozen, given.trainable, given, columns),
          off: policy.logits(frozen, null, given, columns),
        }
      },
      { constants },
    )
    const { on, off } = await logits({ trainable: policy.trainable, tokens: TOKENS, pad: PAD })
    await logits.dispose()
    expect(on.data).toEqual(off.data)
  })

  it.each(['cpu', 'tfjs:cpu', 'tfjs:wasm'] as const)(
    'computes on %s what its widened weights compute',
    async (device) => {
      const logits = jit(
        (given: Input, frozen) => ({ y: policy.logits(frozen, given.trainable, given, { start: 0, count: 4 }) }),
        { constants, device },
      )
      const { y } = await logits({ trainable, tokens: TOKENS, pad: PAD })
      await logits.dispose()
      await tf.setBackend('cpu')
      expect(apart([...y.data], eagerLogits(policy, ROWS, { trainable, constants: widened }))).toBeLessThan(1e-4)
    },
  )

  it('has the adapter gradients of its widened weights, and those of finite differences', async () => {
    const found = await slopes(policy, trainable)
    const reference = await slopes({ ...policy, constants: widened }, trainable)
    expect(found.value.data[0]).toBeCloseTo(reference.value.data[0]!, 4)
    for (const [name, { data }] of Object.entries(found.grads)) {
      const norm = Math.hypot(...data)
      expect(apart([...data], [...reference.grads[name]!.data]), name).toBeLessThan(1e-5 + 1e-5 * norm)
      const at = (step: number) =>
        found.at({
          ...trainable,
          [name]: hostTensor(
            Float32Array.from(trainable[name]!.data, (w, i) => w + (step * data[i]!) / norm),
            trainable[name]!.shape,
          ),
        })
      expect(Math.abs(((await at(1e-2)) - (await at(-1e-2))) / 2e-2 - norm), name).toBeLessThan(0.02 * norm + 1e-3)
    }
    await Promise.all([found.dispose(), reference.dispose()])
  })

  it('decodes what teacher forcing scores', async () => {
    const input = { trainable, tokens: TOKENS, pad: PAD }
    const prefill = jit((given: Input, frozen) => policy.cached.prefill(frozen, given.trainable, given), { constants })
    const decode = jit(
      (given: { trainable: Tensors; tokens: tf.Tensor1D; filled: tf.Tensor1D; cache: Tensors }, frozen) =>
        policy.cached.decode(frozen, given.trainable, given),
      { constants },
    )
    const forced = jit(
      (given: Input, frozen) => ({ y: policy.logits(frozen, given.trainable, given, { start: 4, count: 1 }) }),
      { constants },
    )
    const { fresh } = await prefill(input)
    const { logits } = await decode({
      trainable,
      tokens: hostTensor(Int32Array.of(9, 10)),
      filled: hostTensor(Int32Array.of(4, 4)),
      cache: fresh,
    })
    const { y } = await forced({
      ...input,
      tokens: hostTensor(Int32Array.from(ROWS.flatMap((row, i) => [...row, 9 + i])), [2, 5]),
    })
    await Promise.all([prefill.dispose(), decode.dispose(), forced.dispose()])
    expect(apart([...logits.data], [...y.data])).toBeLessThan(1e-5)
  })

  it('is loaded as it is made, tensor by tensor, and saved widened with what was trained', async () => {
    const [saved, merged] = [await freshDirectory(), await freshDirectory()]
    rightOf(await savePretrained(base, null, saved)())
    const loaded = await fromPretrained(saved, { adapter: lora({ r: 2 }), quantize: { bits, block } })
    for (const [name, { data }] of Object.entries(constants)) expect(loaded.constants[name]!.data, name).toEqual(data)
    expect(Object.keys(loaded.constants).toSorted()).toEqual(Object.keys(constants).toSorted())
    rightOf(await savePretrained(loaded, trainable, merged)())
    expect(
      apart(eagerLogits(await fromPretrained(merged), ROWS), eagerLogits(policy, ROWS, { trainable })),
    ).toBeLessThan(1e-4)
  })
})

describe('what cannot be kept so', () => {
  const base = rightOf(randomPolicy(LLAMA, { seed: 3, train: 'none' }))
  it.each([
    [{ bits: 3 as 4 }, 'bits'],
    [{ bits: 4, block: 48 as 32 }, 'block of 48'],
    [{ bits: 4, block: 64 }, 'q_proj has 32 inputs'],
  ] as const)('is named: %j', (options, words) => {
    const fault = leftOf(quantizedWeights(base.config, base.constants, options))
    expect([fault._tag, fault.message]).toEqual(['QuantizationInvalid', expect.stringContaining(words)])
  })

  it('is a base that trains itself, or one whose weights are not finite', async () => {
    const directory = await freshDirectory()
    rightOf(await savePretrained(base, null, directory)())
    expect(leftOf(await loadPolicy(directory, { quantize: { bits: 4 }, train: 'all' })())._tag).toBe(
      'QuantizationInvalid',
    )
    const name = 'model.layers.0.mlp.up_proj.weight'
    const broken = {
      ...base.constants,
      [name]: { ...base.constants[name]!, data: base.constants[name]!.data.slice().fill(NaN, 5, 6) },
    }
    expect(leftOf(quantizedWeights(base.config, broken, { bits: 8, block: 16 }))).toMatchObject({
      _tag: 'WeightsCorrupt',
      detail: { tensor: name },
    })
  })
})
