import { totalVariation } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { eagerLogits } from '../testing/eager.ts'
import { STORIES, freshDirectory, hasStories, rightOf } from '../testing/small-models.ts'
import { writeGguf } from './write-gguf.ts'

const LLAMA_CPP = fileURLToPath(new URL('../../../../peers/llama-cpp', import.meta.url))
const installed = existsSync(join(LLAMA_CPP, 'node_modules', 'node-llama-cpp'))

beforeAll(() => tf.setBackend('cpu'))

/** The largest total variation between llama.cpp's distributions of the next token and ours, over some rows of ids. */
const apartBy = async (policy: PretrainedPolicy, rows: readonly (readonly number[])[]): Promise<number> => {
  const path = join(await freshDirectory(), 'model.gguf')
  rightOf(await writeGguf(policy, null, path)())
  const lines = execFileSync(process.execPath, ['next-token.mjs', path, JSON.stringify(rows)], {
    cwd: LLAMA_CPP,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const theirs = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as number[])
  const ours = rows.map((row) =>
    tf.tidy(() => tf.softmax(tf.tensor1d(eagerLogits(policy, [row], { trainable: null })[0]!.at(-1)!)).dataSync()),
  )
  return Math.max(...theirs.map((theirs, i) => totalVariation(theirs, ours[i]!)))
}

/** A policy of a config.json whose biases are not 0. */
const biased = (config: Readonly<Record<string, unknown>>): PretrainedPolicy => {
  const policy = rightOf(randomPolicy(config, { seed: 3 }))
  const constants = Object.entries(policy.constants).map(
    ([name, { data, shape }]) =>
      [
        name,
        hostTensor(name.endsWith('.bias') ? Float32Array.from(data, (_, i) => Math.sin(i + 1)) : data, shape),
      ] as const,
  )
  return { ...policy, constants: Object.fromEntries(constants) }
}

describe.skipIf(!installed)('llama.cpp (node peers/llama-cpp/install.mjs)', () => {
  it.skipIf(!hasStories)('gives the next-token probabilities of a Llama', async () => {
    const rows = [[1], [1, 403, 407, 261, 378, 432, 317], Array.from({ length: 60 }, (_, i) => (i * 37) % 512)]
    expect(await apartBy(await fromPretrained(STORIES), rows)).toBeLessThan(1e-5)
  })

  it('gives those of a Llama with biases, a head of its own and heads of another size', async () => {
    const config = {
      model_type: 'llama',
      vocab_size: 64,
      hidden_size: 48,
      intermediate_size: 40,
      num_hidden_layers: 2,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      head_dim: 16,
      max_position_embeddings: 64,
      rope_theta: 500,
      attention_bias: true,
      mlp_bias: true,
      tie_word_embeddings: false,
      initializer_range: 0.3,
    }
    expect(
      await apartBy(biased(config), [
        [5, 63, 0, 17, 9],
        [1, 1, 2],
      ]),
    ).toBeLessThan(1e-5)
  })

  it('gives those of a GPT-2, as far as its half-precision table of the activation allows', async () => {
    const config = {
      model_type: 'gpt2',
      vocab_size: 300,
      n_embd: 64,
      n_layer: 2,
      n_head: 4,
      n_positions: 64,
      initializer_range: 0.2,
    }
    expect(await apartBy(biased(config), [[5, 77, 299, 0, 12], [4]])).toBeLessThan(1e-3)
  })
})
