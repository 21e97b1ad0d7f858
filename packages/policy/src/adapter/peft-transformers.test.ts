import * as tf from '@tensorflow/tfjs-core'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { saveAdapter, savePretrained } from '../save-pretrained.ts'
import { apart, eagerLogits } from '../testing/eager.ts'
import { movedPolicy } from '../testing/moved.ts'
import { peerProcess } from '../testing/peer-process.ts'
import { type Config, SMALL_GPT2, SMALL_LLAMA, freshDirectory, rightOf } from '../testing/small-models.ts'
import { adapterParameters } from './adapter-parameters.ts'
import { combinedAdapter } from './combined-adapter.ts'
import { type LoraOptions, dora, lora } from './lora.ts'
import { mergedPolicy } from './merged-policy.ts'

const PYTHON = process.env['GFNLM_PYTHON']
const { ask, close } = peerProcess<number[][]>(
  PYTHON ?? 'python3',
  'adapters.py',
  fileURLToPath(new URL('../../../../peers/transformers', import.meta.url)),
)

beforeAll(() => tf.setBackend('cpu'))
afterAll(close)

const row = [1, 2, 3, 4, 5, 9, 0, 7]
const logitsOf = (policy: PretrainedPolicy, trainable = policy.trainable): number[][] =>
  eagerLogits(policy, [row], { trainable })[0]!

/** A policy with an adapter, and where PEFT finds both. */
const saved = async (config: Config, options: LoraOptions) => {
  const policy = movedPolicy(config, options)
  const model = await freshDirectory()
  const adapter = join(model, 'adapter')
  rightOf(await savePretrained(policy, null, model)())
  rightOf(await saveAdapter(policy, policy.trainable, adapter)())
  return { policy, model, adapter }
}

describe.skipIf(PYTHON === undefined)('PEFT (GFNLM_PYTHON=a Python that has it)', () => {
  it.each<[string, Config, object]>([
    ['the projections that it takes unasked', SMALL_LLAMA, { r: 2 }],
    ['the projections that it takes unasked', SMALL_GPT2, { r: 2 }],
    ['all-linear', SMALL_LLAMA, { r: 2, target_modules: 'all-linear', use_dora: true }],
    ['all-linear', SMALL_GPT2, { r: 2, target_modules: 'all-linear', use_rslora: true }],
    ['an expression', SMALL_LLAMA, { r: 3, target_modules: '.*\\.1\\..*(q|up)_proj', lora_alpha: 5 }],
    [
      'names, without some and with patterns',
      SMALL_LLAMA,
      {
        r: 2,
        target_modules: ['q_proj', 'v_proj', 'down_proj', 'lm_head'],
        exclude_modules: ['0.self_attn.v_proj'],
        rank_pattern: { '^model.layers.1.self_attn.*': 3, down_proj: 1 },
        alpha_pattern: { 'mlp.down_proj': 7 },
        use_rslora: true,
      },
    ],
    ['layers', SMALL_GPT2, { r: 2, target_modules: ['c_attn', 'c_fc'], layers_to_transform: [1], use_dora: true }],
  ])('writes an adapter of %s, which is read here', async (_, config, make) => {
    const { model } = await saved(config, lora())
    const save = await freshDirectory()
    const theirs = await ask({ model, row, make, save })
    const policy = await fromPretrained(model, { adapter: save })
    expect(apart(logitsOf(policy), theirs)).toBeLessThan(1e-5)
    expect(apart(logitsOf(policy), logitsOf(await fromPretrained(model)))).toBeGreaterThan(1e-3)
    // Written again it is the same adapter to PEFT.
    const again = await freshDirectory()
    rightOf(await saveAdapter(policy, policy.trainable, again)())
    expect(apart(await ask({ model, row, adapters: [again] }), theirs)).toBeLessThan(1e-5)
  })

  it.each<[string, Config, LoraOptions]>([
    ['DoRA', SMALL_LLAMA, dora({ r: 2, targets: 'all-linear', alphaPattern: { 'layers.0.*': 1 } })],
    ['DoRA', SMALL_GPT2, dora({ r: 2, rslora: true })],
    ['LoRA', SMALL_GPT2, lora({ r: 2, layers: [0], exclude: 'transformer.*c_fc' })],
  ])('merges %s as it is merged here', async (_, config, options) => {
    const { policy, model, adapter } = await saved(config, options)
    const theirs = await ask({ model, row, adapters: [adapter], merged: true })
    expect(apart(logitsOf(mergedPolicy(policy, policy.trainable), {}), theirs)).toBeLessThan(2e-5)
  })

  it.each(['cat', 'linear'] as const)("adds adapters up by '%s' as they are here", async (combination) => {
    const one = await saved(SMALL_LLAMA, lora({ r: 2, alpha: 3, targets: ['q_proj', 'up_proj'] }))
    const two = await saved(SMALL_LLAMA, lora({ r: 2, alpha: 1, targets: ['q_proj', 'v_proj'] }))
    const weights = [0.75, -1.5]
    const whole = rightOf(
      combinedAdapter(
        [one, two].map(({ policy }, i) => ({
          adapter: policy.adapter!,
          tensors: policy.trainable,
          weight: weights[i]!,
        })),
        combination,
      ),
    )
    const ours = logitsOf(one.policy, rightOf(adapterParameters(one.policy, whole)))
    const question = { model: one.model, row, adapters: [one.adapter, two.adapter], weights, combination }
    expect(apart(ours, await ask(question))).toBeLessThan(1e-5)
  })
})
