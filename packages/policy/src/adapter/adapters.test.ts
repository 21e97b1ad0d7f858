import { type HostTensors, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tensors } from '../policy.ts'
import { switchable } from '../policy-state.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { saveAdapter } from '../save-pretrained.ts'
import { apart, eagerLogits, leftPadded, tensorsOf } from '../testing/eager.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import type { Adapter } from './adapter.ts'
import { adapterParameters, scaledAdapter } from './adapter-parameters.ts'
import { combinedAdapter } from './combined-adapter.ts'
import { type LoraOptions, dora, lora } from './lora.ts'
import { mergedPolicy } from './merged-policy.ts'
import { readAdapters } from './read-adapters.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [[1, 2, 3, 4, 5]]

/** A policy of the same base with an adapter of its own that has learned something. */
const adapted = (config: Readonly<Record<string, unknown>>, adapter: LoraOptions, wobble: number): PretrainedPolicy => {
  const policy = rightOf(randomPolicy(config, { seed: 3, adapter }))
  const trainable = Object.fromEntries(
    Object.entries(policy.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (value, i) => value + 0.1 * Math.sin(wobble * i + name.length)),
        shape,
      ),
    ]),
  )
  return { ...policy, trainable }
}
const adapterOf = ({ adapter, trainable }: PretrainedPolicy): Adapter => ({ adapter: adapter!, tensors: trainable })
const base = (config: Readonly<Record<string, unknown>>): PretrainedPolicy =>
  rightOf(randomPolicy(config, { seed: 3, train: 'none' }))
const logitsWith = (policy: PretrainedPolicy, trainable: HostTensors | null): number[][][] =>
  eagerLogits(policy, ROWS, { trainable })

describe.each([
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
])('on a small %s', (_, config) => {
  const plain = adapted(config, lora({ r: 2, alpha: 6 }), 1)
  const stable = adapted(config, lora({ r: 4, alpha: 3, rslora: true, layers: [1] }), 2)
  const decomposed = adapted(config, dora({ r: 2, alpha: 1, alphaPattern: { 'layers.0.*|h.0.*': 5 } }), 3)

  it('any policy of the base takes any adapter, whatever adapter it was made with', () => {
    for (const taker of [base(config), plain, stable, decomposed])
      for (const giver of [plain, stable, decomposed]) {
        const taken = rightOf(adapterParameters(taker, adapterOf(giver)))
        expect(apart(logitsWith(taker, taken), logitsWith(giver, giver.trainable))).toBeLessThan(2e-5)
      }
  })

  it('an adapter merged is a base that computes the same, for a second one on top', () => {
    for (const policy of [plain, stable, decomposed]) {
      const merged = mergedPolicy(policy, policy.trainable)
      expect(merged.adapter).toBeUndefined()
      expect(apart(logitsWith(merged, null), logitsWith(policy, policy.trainable))).toBeLessThan(2e-5)
      const second = rightOf(adapterParameters(merged, adapterOf(plain)))
      expect(apart(logitsWith(merged, second), logitsWith(merged, null))).toBeGreaterThan(0.01)
    }
  })

  it("an adapter's part is as strong as it is scaled, and none at 0", () => {
    const policy = base(config)
    const at = (factor: number): number[] =>
      logitsWith(policy, rightOf(adapterParameters(policy, scaledAdapter(adapterOf(plain), factor)))).flat(2)
    expect(at(0)).toEqual(logitsWith(policy, null).flat(2))
    expect(apart(at(1), logitsWith(plain, plain.trainable))).toBeLessThan(2e-5)
    expect(apart(at(2), at(1))).toBeGreaterThan(0.01)
    expect(scaledAdapter(adapterOf(decomposed), 2).adapter).toMatchObject({
      alpha: 2,
      alphaPattern: { 'layers.0.*|h.0.*': 10 },
    })
  })
})

it.each(Object.entries(SMALL_FAMILIES))('of %s, DoRA on all linear modules merged computes the same', (_, config) => {
  const policy = adapted(config, dora({ r: 2, targets: 'all-linear' }), 1)
  const merged = mergedPolicy(policy, policy.trainable)
  expect(apart(logitsWith(policy, policy.trainable), logitsWith(policy, null))).toBeGreaterThan(0.01)
  expect(apart(logitsWith(merged, null), logitsWith(policy, policy.trainable))).toBeLessThan(2e-5)
})

describe('switching', () => {
  const first = adapted(SMALL_LLAMA, lora({ r: 2, alpha: 6 }), 1)
  const second = adapted(SMALL_LLAMA, lora({ r: 2, alpha: 1 }), 2)
  const saved = async (policy: PretrainedPolicy): Promise<string> => {
    const directory = await freshDirectory()
    rightOf(await saveAdapter(policy, policy.trainable, directory)())
    return directory
  }

  it('between adapters of one shape compiles nothing anew', async () => {
    const policy = base(SMALL_LLAMA)
    const adapters = rightOf(await readAdapters(policy, { chat: await saved(first), code: await saved(second) })())
    const writer = switchable(policy, adapters, 'chat')
    let traced = 0
    const run = jit(
      ({ given }: { given: Tensors }, frozen: Tensors) => {
        traced++
        const input = leftPadded(ROWS, 0)
        return { logits: policy.logits(frozen, given, input, { start: 0, count: 5 }) }
      },
      { constants: policy.constants },
    )
    const logits = async (): Promise<number[]> => [...(await run({ given: writer.trainable()! })).logits.data]
    expect(apart(await logits(), logitsWith(first, first.trainable))).toBeLessThan(1e-4)
    const once = traced
    writer.use('code')
    expect(apart(await logits(), logitsWith(second, second.trainable))).toBeLessThan(1e-4)
    expect(traced).toBe(once)
    await run.dispose()
  })

  it('to the reference is null, to an unknown name a RangeError', () => {
    const writer = switchable(base(SMALL_LLAMA), { chat: first.trainable }, null)
    expect(writer.trainable()).toBeNull()
    writer.use('chat')
    expect(writer.trainable()).toBe(first.trainable)
    expect(() => writer.use('code' as 'chat')).toThrowError('no parameters "code": it has chat')
    expect(writer.trainable()).toBe(first.trainable)
  })

  it('is refused for an adapter of another model, and on a base that holds one', () => {
    const other = adapted({ ...SMALL_LLAMA, hidden_size: 16 }, lora({ r: 2 }), 1)
    expect(leftOf(adapterParameters(first, adapterOf(other)))._tag).toBe('AdapterInvalid')
    const holds = rightOf(randomPolicy(SMALL_LLAMA, { seed: 3, adapter: lora(), train: 'none' }))
    expect(leftOf(adapterParameters(holds, adapterOf(first))).message).toContain('part of the frozen model')
    const silent = rightOf(randomPolicy(SMALL_LLAMA, { seed: 3, adapter: lora({ alpha: 0 }) }))
    expect(leftOf(adapterParameters(silent, adapterOf(first))).message).toContain('alpha 0')
  })
})

describe('a combination', () => {
  const OUT = 24
  const IN = 12
  const NAME = 'model.layers.0.self_attn.q_proj'
  /** B · A · scale as [out][in]. */
  const delta = ({ adapter, tensors }: Adapter, name = NAME): number[] => {
    const [a, b] = [tensors[`${name}.lora_A.weight`]!, tensors[`${name}.lora_B.weight`]!]
    const r = a.shape[0]!
    const scale = adapter.alpha / (adapter.rslora ? Math.sqrt(r) : r)
    return Array.from({ length: OUT * IN }, (_, at) => {
      const [o, i] = [Math.floor(at / IN), at % IN]
      return Array.from({ length: r }, (__, k) => scale * b.data[o * r + k]! * a.data[k * IN + i]!).reduce(
        (x, y) => x + y,
        0,
      )
    })
  }
  const made = (options: Partial<LoraOptions>, wobble: number): Adapter =>
    adapterOf(adapted(SMALL_LLAMA, lora({ targets: ['q_proj'], ...options }), wobble))

  it("by 'cat' adds exactly the weighted sum of what each adds, whatever the ranks and scales", () => {
    const weight = fc.double({ min: -2, max: 2, noNaN: true })
    const rank = fc.integer({ min: 1, max: 4 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight, rank, rslora: fc.boolean() }), { minLength: 1, maxLength: 3 }),
        (parts) => {
          const given = parts.map((part, i) => ({
            ...made({ r: part.rank, alpha: 3, rslora: part.rslora }, i + 1),
            weight: part.weight,
          }))
          const whole = rightOf(combinedAdapter(given, 'cat'))
          expect(whole.adapter.r).toBe(parts.reduce((sum, part) => sum + part.rank, 0))
          const wanted = given.map((adapter) => delta(adapter).map((x) => adapter.weight * x))
          const sum = wanted.reduce((total, one) => total.map((x, i) => x + one[i]!))
          expect(apart(delta(whole), sum)).toBeLessThan(1e-5)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('of modules that not all of them adapt has zeros for the others', () => {
    const [q, v] = [made({ r: 2 }, 1), made({ r: 3, targets: ['v_proj', 'q_proj'] }, 2)]
    const whole = rightOf(
      combinedAdapter(
        [
          { ...q, weight: 1 },
          { ...v, weight: 1 },
        ],
        'cat',
      ),
    )
    const policy = base(SMALL_LLAMA)
    const taken = rightOf(adapterParameters(policy, whole))
    expect(taken['model.layers.0.self_attn.v_proj.lora_A.weight']!.shape).toEqual([5, 12])
    // One adapter applied on the merged other is the same model, as both are sums of weights.
    const merged = mergedPolicy(policy, rightOf(adapterParameters(policy, q)))
    const both = logitsWith(merged, rightOf(adapterParameters(merged, v)))
    expect(apart(logitsWith(policy, taken), both)).toBeLessThan(2e-5)
  })

  // PEFT's _generalized_task_arithmetic_weighted_adapter: Σ √|w s| sign(w s) A_i and Σ √|w s| B_i.
  it("by 'linear' sums the matrices, each times the root of its weight and scale, the sign with A", () => {
    const [one, two] = [made({ r: 2, alpha: 4 }, 1), made({ r: 2, alpha: 1 }, 2)]
    const { adapter, tensors } = rightOf(
      combinedAdapter(
        [
          { ...one, weight: 0.5 },
          { ...two, weight: -2 },
        ],
        'linear',
      ),
    )
    expect(adapter).toMatchObject({ kind: 'lora', r: 2, alpha: 2, rslora: false })
    const expected = (part: string, first: number, second: number): number[] =>
      Array.from(one.tensors[part]!.data, (x, i) => first * x + second * two.tensors[part]!.data[i]!)
    // w s: 0.5 · 4 / 2 = 1 and −2 · 1 / 2 = −1
    expect(apart([...tensors[`${NAME}.lora_A.weight`]!.data], expected(`${NAME}.lora_A.weight`, 1, -1))).toBeLessThan(
      1e-6,
    )
    expect(apart([...tensors[`${NAME}.lora_B.weight`]!.data], expected(`${NAME}.lora_B.weight`, 1, 1))).toBeLessThan(
      1e-6,
    )
  })

  it('is refused for DoRA, unequal ranks under linear, no adapter and weights that are no numbers', () => {
    const [low, high] = [
      { ...made({ r: 2 }, 1), weight: 1 },
      { ...made({ r: 3 }, 1), weight: 1 },
    ]
    expect(leftOf(combinedAdapter([{ ...made({ kind: 'dora' }, 1), weight: 1 }], 'cat')).message).toContain('DoRA')
    expect(leftOf(combinedAdapter([low, high], 'linear')).message).toContain(`${NAME} have ranks 2, 3`)
    const other = {
      ...adapterOf(adapted({ ...SMALL_LLAMA, hidden_size: 16 }, lora({ r: 2, targets: ['q_proj'] }), 1)),
      weight: 1,
    }
    expect(leftOf(combinedAdapter([low, other], 'cat')).message).toContain('24 × 12 and 24 × 16')
    expect(leftOf(combinedAdapter([], 'cat'))._tag).toBe('AdapterInvalid')
    expect(leftOf(combinedAdapter([{ ...low, weight: NaN }], 'cat')).message).toContain('NaN')
  })
})

it('DoRA keeps a row of zeros at 0', () => {
  const policy = adapted(SMALL_LLAMA, dora({ r: 1, targets: ['up_proj'] }), 1)
  const name = 'model.layers.0.mlp.up_proj'
  const zeros = (tensor: string): readonly [string, ReturnType<typeof hostTensor>] => {
    const { data, shape } = { ...policy.constants, ...policy.trainable }[tensor]!
    return [tensor, hostTensor(new Float32Array(data.length), shape)]
  }
  const constants = { ...policy.constants, ...Object.fromEntries([zeros(`${name}.weight`)]) }
  const trainable = { ...policy.trainable, ...Object.fromEntries([zeros(`${name}.lora_B.weight`)]) }
  const logits = tf.tidy(() =>
    policy.logits(tensorsOf(constants), tensorsOf(trainable), leftPadded(ROWS, 0), { start: 0, count: 5 }).arraySync(),
  )
  const merged = mergedPolicy({ ...policy, constants }, trainable)
  expect(apart(logits, logitsWith(merged, null))).toBeLessThan(2e-5)
})
