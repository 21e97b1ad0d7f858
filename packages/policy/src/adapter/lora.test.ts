import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { modulesOf } from '../architectures/modules.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { quantizedWeights } from '../quantize/quantize-weights.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { loraScaleOf } from './adapted-modules.ts'
import { dora, lora, newAdapter } from './lora.ts'
import { mergedWeights } from './merge.ts'
import { outputNorms } from './output-norms.ts'

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
  ['LoRA', 'llama', SMALL_LLAMA, lora({ r: 2, alpha: 6 })],
  ['LoRA', 'gpt2', SMALL_GPT2, lora({ r: 2, alpha: 6 })],
  ['DoRA', 'llama', SMALL_LLAMA, dora({ r: 2, alpha: 6 })],
  ['DoRA', 'gpt2', SMALL_GPT2, dora({ r: 2, alpha: 6, rslora: true })],
])('%s of a small %s', (kind, _, config, options) => {
  const base = rightOf(randomPolicy(config, { seed: 3 }))
  const policy = rightOf(randomPolicy(config, { seed: 3, adapter: options }))

  it('with B = 0 gives the base model', () => {
    const [adapted, plain] = [eagerLogits(policy, ROWS), eagerLogits(base, ROWS)]
    if (kind === 'LoRA') expect(adapted).toEqual(plain)
    // Magnitudes are norms that were rounded once.
    else expect(apart(adapted, plain)).toBeLessThan(1e-5)
  })

  it('changes the model once trained, and switched off gives the reference exactly', () => {
    const trainable = trained(policy)
    expect(apart(eagerLogits(policy, ROWS, { trainable }), eagerLogits(base, ROWS))).toBeGreaterThan(0.1)
    expect(eagerLogits(policy, ROWS, { trainable: null })).toEqual(eagerLogits(base, ROWS))
  })

  it('merged into the weights computes the same', () => {
    const trainable = trained(policy)
    const merged = mergedWeights(modulesOf(policy.config), policy.constants, trainable, loraScaleOf(policy.adapter))
    const alone = eagerLogits(base, ROWS, { constants: merged, trainable: null })
    expect(apart(alone, eagerLogits(policy, ROWS, { trainable }))).toBeLessThan(2e-5)
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
    const frozen = rightOf(randomPolicy(config, { seed: 3, adapter: options, train: 'none' }))
    expect(frozen.trainable).toEqual({})
    expect(Object.keys(frozen.constants)).toEqual(expect.arrayContaining(Object.keys(policy.trainable)))
  })
})

/** Every matrix is of whole blocks. */
const WIDE = { ...SMALL_LLAMA, hidden_size: 16, intermediate_size: 16, head_dim: 8 }

describe('a new adapter', () => {
  const llama = rightOf(parseConfig(SMALL_LLAMA))

  it('on c_proj of GPT-2 is on both of its kind', () => {
    const { tensors } = rightOf(newAdapter(rightOf(parseConfig(SMALL_GPT2)), {}, lora({ r: 1, targets: ['c_proj'] })))
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

  it('has the rank that the first matching pattern gives its module', () => {
    const adapter = lora({
      r: 2,
      targets: ['q_proj', 'down_proj'],
      rankPattern: { '0.mlp.down_proj': 5, down_proj: 3 },
    })
    const { tensors } = rightOf(newAdapter(llama, {}, adapter))
    const shapes = Object.entries(tensors).map(([name, { shape }]) => [
      name.replace('model.layers.', '').replace('.weight', ''),
      ...shape,
    ])
    expect(shapes).toEqual([
      ['0.self_attn.q_proj.lora_A', 2, 12],
      ['0.self_attn.q_proj.lora_B', 24, 2],
      ['0.mlp.down_proj.lora_A', 5, 10],
      ['0.mlp.down_proj.lora_B', 12, 5],
      ['1.self_attn.q_proj.lora_A', 2, 12],
      ['1.self_attn.q_proj.lora_B', 24, 2],
      ['1.mlp.down_proj.lora_A', 3, 10],
      ['1.mlp.down_proj.lora_B', 12, 3],
    ])
  })

  it("of DoRA begins with the norms of its outputs' weights, in either orientation", () => {
    // rows (3, 4) and (5, 12) of [out, in]
    const module = { name: 'm', kind: 'linear', inputs: 2, outputs: 2, bias: false } as const
    expect([
      ...outputNorms({ ...module, orientation: 'out-in' }, hostTensor(Float32Array.of(3, 4, 5, 12), [2, 2])),
    ]).toEqual([5, 13])
    expect([
      ...outputNorms({ ...module, orientation: 'in-out' }, hostTensor(Float32Array.of(3, 5, 4, 12), [2, 2])),
    ]).toEqual([5, 13])
  })

  it('of DoRA needs the weights in floats', () => {
    const wide = rightOf(parseConfig(WIDE))
    const drawn = rightOf(randomPolicy(WIDE, { seed: 1 }))
    const quantized = rightOf(quantizedWeights(wide, drawn.constants, { bits: 8, block: 16 }))
    expect(leftOf(newAdapter(wide, quantized, dora()))).toMatchObject({
      _tag: 'AdapterInvalid',
      detail: { field: 'kind' },
    })
  })
})
