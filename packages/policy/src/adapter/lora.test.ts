import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { lora, loraScaleOf, newAdapter } from './lora.ts'
import { mergedWeights } from './merge.ts'
import { modulesOf } from '../architectures/modules.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [
  [1, 2, 3, 4, 5],
  [6, 7, 8, 9, 1],
]

/** The policy's adapter with B no longer 0. */
const trained = (policy: PretrainedPolicy): HostTensors =>
  Object.fromEntries(
    Object.entries(policy.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (value, i) => value + 0.1 * Math.sin(i + name.length)),
        shape,
      ),
    ]),
  )

describe.each([
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
])('an adapter of a small %s', (_, config) => {
  const base = rightOf(randomPolicy(config, { seed: 3 }))
  const policy = rightOf(randomPolicy(config, { seed: 3, adapter: lora({ r: 2, alpha: 6 }) }))

  it('with B = 0 gives the base model exactly', () => {
    expect(eagerLogits(policy, ROWS)).toEqual(eagerLogits(base, ROWS))
  })

  it('changes the model once trained, and switched off gives the reference exactly', () => {
    const trainable = trained(policy)
    expect(apart(eagerLogits(policy, ROWS, { trainable }), eagerLogits(base, ROWS))).toBeGreaterThan(0.1)
    expect(eagerLogits(policy, ROWS, { trainable: null })).toEqual(eagerLogits(base, ROWS))
  })

  it('merged into the weights computes the same', () => {
    const trainable = trained(policy)
    const merged = mergedWeights(modulesOf(policy.config), policy.constants, trainable, loraScaleOf(policy.adapter))
    expect(
      apart(
        eagerLogits(base, ROWS, { constants: merged, trainable: null }),
        eagerLogits(policy, ROWS, { trainable }),
      ),
    ).toBeLessThan(2e-5)
  })

  it('is drawn from its seed alone, uniform within ±1/√in', () => {
    const [name, { data, shape }] = Object.entries(policy.trainable)[0]!
    const bound = 1 / Math.sqrt(shape[1]!)
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound)
    expect(Math.max(...data)).toBeGreaterThan(0.5 * bound)
    expect(Math.min(...data)).toBeLessThan(-0.5 * bound)
    const again = rightOf(
      randomPolicy(config, { seed: 99, adapter: lora({ r: 2, targets: [name.split('.').at(-3)!] }) }),
    )
    expect(again.trainable[name]).toEqual(policy.trainable[name])
  })

  it('that does not train is part of the frozen model', () => {
    const frozen = rightOf(randomPolicy(config, { seed: 3, adapter: lora({ r: 2, alpha: 6 }), train: 'none' }))
    expect(frozen.trainable).toEqual({})
    expect(Object.keys(frozen.constants)).toEqual(expect.arrayContaining(Object.keys(policy.trainable)))
  })
})

describe('targets', () => {
  it('of GPT-2 named c_proj are both of its kind', () => {
    const { tensors } = rightOf(newAdapter(rightOf(parseConfig(SMALL_GPT2)), lora({ r: 1, targets: ['c_proj'] })))
    expect(
      Object.entries(tensors)
        .slice(0, 4)
        .map(([name, { shape }]) => [name, ...shape]),
    ).toEqual([
      ['transformer.h.0.attn.c_proj.lora_A.weight', 1, 8],
      ['transformer.h.0.attn.c_proj.lora_B.weight', 8, 1],
      ['transformer.h.0.mlp.c_proj.lora_A.weight', 1, 32],
      ['transformer.h.0.mlp.c_proj.lora_B.weight', 8, 1],
    ])
  })

  it('that name nothing are a fault that lists what there is', () => {
    const fault = leftOf(newAdapter(rightOf(parseConfig(SMALL_LLAMA)), lora({ targets: ['q_proj', 'c_attn'] })))
    expect(fault).toMatchObject({ _tag: 'AdapterInvalid', detail: { unknown: ['c_attn'] } })
    expect(fault.fix).toContain('q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head')
  })

  it('must be some, with a rank of at least 1', () => {
    const config = rightOf(parseConfig(SMALL_LLAMA))
    expect(leftOf(newAdapter(config, lora({ targets: [] })))._tag).toBe('AdapterInvalid')
    expect(leftOf(newAdapter(config, lora({ r: 0 })))._tag).toBe('AdapterInvalid')
  })
})

it('rank stabilisation divides alpha by √r', () => {
  expect(loraScaleOf({ r: 4, alpha: 8, targets: [], rslora: false })('q_proj')).toBe(2)
  expect(loraScaleOf({ r: 4, alpha: 8, targets: [], rslora: true })('q_proj')).toBe(4)
})
