import { totalVariation } from '@gfnlm/env'
import { type HostTensors, hostZeros } from '@gfnlm/jit'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { type Rows, eagerLogits } from '../testing/eager.ts'
import { hasLlamaCpp, llamaCpp } from '../testing/llama-cpp.ts'
import { movedPolicy } from '../testing/moved.ts'
import {
  type Config,
  SMALL_FAMILIES,
  SMALL_GPT2,
  SMALL_LLAMA,
  STORIES,
  freshDirectory,
  hasStories,
  rightOf,
} from '../testing/small-models.ts'
import { type GgufOptions, writeGguf } from './write-gguf.ts'

const VOCAB = 64

beforeAll(() => tf.setBackend('cpu'))

const { ask, close } = llamaCpp()
afterAll(close)

/** The largest total variation between llama.cpp's distributions of the next token and ours, over some rows of ids. */
const apartBy = async (
  policy: PretrainedPolicy,
  trainable: HostTensors | null,
  rows: Rows,
  options: GgufOptions = {},
): Promise<number> => {
  const path = join(await freshDirectory(), 'model.gguf')
  rightOf(await writeGguf(policy, trainable, path, options)())
  const theirs = await ask({ model: path, rows })
  const ours = rows.map((row) =>
    tf.tidy(() => tf.softmax(tf.tensor1d(eagerLogits(policy, [row], { trainable })[0]!.at(-1)!)).dataSync()),
  )
  return Math.max(...theirs.map((theirs, i) => totalVariation(theirs, ours[i]!)))
}

/**
 * Rows of ids, the longest as long as llama.cpp computes what the model does: beyond the windows of a family that has
 * windows there, as far as they reach where it has none.
 */
const rowsFor = ({ config: { modelType, sliding } }: PretrainedPolicy): Rows => {
  const reach = sliding === undefined || modelType.startsWith('gemma') ? 16 : sliding.window
  return [1, 2, Math.min(9, reach), reach].map((length, seed) =>
    Array.from({ length }, (_, i) => (i * i * 7 + seed * (i + 3)) % VOCAB),
  )
}

describe.skipIf(!hasLlamaCpp)('llama.cpp (node peers/llama-cpp/install.mjs)', () => {
  it.skipIf(!hasStories)('gives the next-token probabilities of a Llama', async () => {
    const rows = [[1], [1, 403, 407, 261, 378, 432, 317], Array.from({ length: 60 }, (_, i) => (i * 37) % 512)]
    expect(await apartBy(await fromPretrained(STORIES), null, rows)).toBeLessThan(1e-5)
  })

  const gemma3 = SMALL_FAMILIES['Gemma 3']
  const families: readonly (readonly [name: string, config: Config])[] = [
    ['Llama with biases', { ...SMALL_LLAMA, attention_bias: true, mlp_bias: true }],
    ['Llama with its context stretched', { ...SMALL_LLAMA, rope_scaling: { rope_type: 'linear', factor: 4 } }],
    ['GPT-2', SMALL_GPT2],
    ...Object.entries(SMALL_FAMILIES),
    ['Gemma 3 of windows only', { ...gemma3, layer_types: Array(3).fill('sliding_attention') }],
    ['Gemma 3 with capped logits', { ...gemma3, final_logit_softcapping: 3 }],
    ['Gemma 3 with a head of its own', { ...gemma3, tie_word_embeddings: false }],
    [
      'Gemma 2 with its context stretched',
      { ...SMALL_FAMILIES['Gemma 2'], rope_scaling: { type: 'linear', factor: 3 } },
    ],
    ['Qwen 3 with its context stretched', { ...SMALL_FAMILIES['Qwen 3'], rope_scaling: { type: 'linear', factor: 3 } }],
  ]

  it.each(families)('gives those of a small %s, with and without its adapter', async (_, config) => {
    const policy = movedPolicy({ ...config, vocab_size: VOCAB })
    const rows = rowsFor(policy)
    // It looks GELU up in a table of half precision.
    const bound = policy.config.activation === 'silu' ? 1e-5 : 1e-3
    expect(await apartBy(policy, null, rows)).toBeLessThan(bound)
    expect(await apartBy(policy, policy.trainable, rows)).toBeLessThan(bound)
  })

  it.each(families.filter(([name]) => /GPT|Gemma/.test(name)))(
    'gives those of a small %s to the last digits when its MLPs are silent',
    async (_, config) => {
      const policy = movedPolicy({ ...config, vocab_size: VOCAB })
      const silent = Object.entries(policy.constants).map(([name, { shape }]) => {
        const down = policy.config.names.down
        return name.includes(`.${down}.`) ? [[name, hostZeros(shape)] as const] : []
      })
      const constants = { ...policy.constants, ...Object.fromEntries(silent.flat()) }
      expect(await apartBy({ ...policy, constants }, null, rowsFor(policy))).toBeLessThan(1e-5)
    },
  )

  it.each([
    ['F16', 0.003],
    ['BF16', 0.04],
  ] as const)('gives those of a small Gemma 3 in %s, rounded', async (dtype, bound) => {
    const policy = movedPolicy({ ...SMALL_FAMILIES['Gemma 3'], vocab_size: VOCAB })
    const gap = await apartBy(policy, policy.trainable, rowsFor(policy), { dtype })
    expect(gap).toBeLessThan(bound)
  })
})
