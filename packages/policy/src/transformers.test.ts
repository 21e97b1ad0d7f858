import * as tf from '@tensorflow/tfjs-core'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dora, lora } from './adapter/lora.ts'
import { fromPretrained } from './from-pretrained.ts'
import { saveAdapter, savePretrained } from './save-pretrained.ts'
import { apart, eagerLogits } from './testing/eager.ts'
import { movedPolicy, waved } from './testing/moved.ts'
import { peerProcess } from './testing/peer-process.ts'
import {
  SMALL_FAMILIES,
  SMALL_GEMMA_3_THAT_SEES,
  SMALL_GPT2,
  SMALL_LLAMA,
  freshDirectory,
  rightOf,
} from './testing/small-models.ts'
import { writeConfig } from './write-config.ts'

const PYTHON = process.env['GFNLM_PYTHON']
const { ask, close } = peerProcess<number[][]>(
  PYTHON ?? 'python3',
  'logits.py',
  fileURLToPath(new URL('../../../peers/transformers', import.meta.url)),
)

beforeAll(() => tf.setBackend('cpu'))
afterAll(close)

const ROW = [1, 2, 3, 4, 5, 9, 0, 7, 3, 3, 8, 1]

describe.skipIf(PYTHON === undefined)('transformers and PEFT (GFNLM_PYTHON=a Python that has them)', () => {
  it.each([
    ['Llama with biases', { ...SMALL_LLAMA, attention_bias: true, mlp_bias: true }],
    ['Llama with its context stretched', { ...SMALL_LLAMA, rope_scaling: { rope_type: 'linear', factor: 4.0 } }],
    ['GPT-2', SMALL_GPT2],
    ...Object.entries(SMALL_FAMILIES),
    ['Qwen 3 with biases', { ...SMALL_FAMILIES['Qwen 3'], attention_bias: true }],
    ['Gemma 3 with capped logits', { ...SMALL_FAMILIES['Gemma 3'], final_logit_softcapping: 3 }],
  ])('read a %s and its adapter, give its logits, and write what is read here', async (_, config) => {
    const policy = movedPolicy(config)
    const model = await freshDirectory()
    const [adapter, again] = [join(model, 'adapter'), join(model, 'again')]
    rightOf(await savePretrained(policy, null, model)())
    rightOf(await saveAdapter(policy, policy.trainable, adapter)())
    const ours = (trainable: typeof policy.trainable | null) => eagerLogits(policy, [ROW], { trainable })[0]

    expect(apart(await ask({ model, row: ROW, again }), ours(null))).toBeLessThan(1e-5)
    expect(apart(await ask({ model, row: ROW, adapter }), ours(policy.trainable))).toBeLessThan(1e-5)
    expect(eagerLogits(await fromPretrained(again), [ROW])[0]).toEqual(ours(null))
  })

  const adapters = {
    LoRA: lora({ r: 2, targets: 'all-linear' }),
    rsLoRA: lora({ r: 3, rslora: true }),
    DoRA: dora({ r: 2 }),
  }
  const bases = { Llama: SMALL_LLAMA, 'GPT-2': SMALL_GPT2, 'Phi 3': SMALL_FAMILIES['Phi 3']! }
  it.each(
    Object.entries(bases).flatMap(([base, config]) =>
      Object.entries(adapters).map(([kind, options]) => [kind, base, config, options] as const),
    ),
  )('compute a %s of a %s as it is computed here', async (_, __, config, options) => {
    const policy = movedPolicy(config, options)
    const [model, adapter] = [await freshDirectory(), await freshDirectory()]
    rightOf(await savePretrained(policy, null, model)())
    rightOf(await saveAdapter(policy, policy.trainable, adapter)())
    const ours = eagerLogits(policy, [ROW], { trainable: policy.trainable })[0]
    expect(apart(await ask({ model, row: ROW, adapter }), ours)).toBeLessThan(1e-5)
  })

  it('give the logits of the language model of a Gemma 3 that sees, with an adapter and without', async () => {
    const [empty, model, adapter, alone] = await Promise.all([0, 1, 2, 3].map(freshDirectory))
    rightOf(await writeConfig(join(empty!, 'config.json'), SMALL_GEMMA_3_THAT_SEES)())
    const theirs = await ask({ model: empty, random: true, row: ROW, again: model })
    const policy = await fromPretrained(model!, { adapter: lora({ r: 2 }) })
    const trainable = waved(policy.trainable, /lora_B/, 0.3)
    expect(apart(theirs, eagerLogits(policy, [ROW], { trainable: null })[0])).toBeLessThan(1e-5)

    rightOf(await saveAdapter(policy, trainable, adapter!)())
    const tuned = eagerLogits(policy, [ROW], { trainable })[0]
    expect(apart(await ask({ model, row: ROW, adapter }), tuned)).toBeLessThan(1e-5)

    rightOf(await savePretrained(policy, trainable, alone!)())
    expect(apart(await ask({ model: alone, row: ROW }), tuned)).toBeLessThan(1e-5)
  })
})
