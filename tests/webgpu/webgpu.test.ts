import { type Prompt, type Weighted, tokenMDP } from '@gfnlm/env'
import type { Device, HostTensors } from '@gfnlm/jit'
import { type PretrainedPolicy, lora, randomPolicy, reference } from '@gfnlm/policy'
import { annotateBatch, likelihood } from '@gfnlm/reward'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { constant, modifiedSubTB, trainer } from '@gfnlm/trainer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noWebGpu } from './adapter.ts'

const CONFIGS = {
  llama: {
    model_type: 'llama', vocab_size: 19, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4,
    num_key_value_heads: 2, head_dim: 4, max_position_embeddings: 32, rms_norm_eps: 1e-5, rope_theta: 100, tie_word_embeddings: true,
    initializer_range: 0.3,
  },
  gpt2: { model_type: 'gpt2', vocab_size: 19, n_embd: 16, n_layer: 2, n_head: 4, n_positions: 32, initializer_range: 0.3 },
}
const prompts = [[3, 1, 4], [7, 2]].map((tokens, i): Prompt => ({ id: `${i}`, text: '', tokens: Int32Array.from(tokens), row: {} }))
const mdp = tokenMDP({ terminator: 5, minLength: 1, maxLength: 4 })

const policyOf = (config: Readonly<Record<string, unknown>>): PretrainedPolicy => {
  const made = randomPolicy(config, { seed: 3, adapter: lora({ r: 4 }) })
  if (made._tag === 'Left') throw made.left
  return made.right
}

const judged = async (policy: PretrainedPolicy): Promise<Weighted> => {
  const sampled = await sampleBatch(reference(policy), { mdp, perPrompt: 3 })({ step: 0, seed: 1, prompts })
  return { ...(await annotateBatch(likelihood(reference(policy)))(sampled)), weight: new Float32Array(sampled.rows).fill(1) }
}

interface Trained {
  readonly numbers: readonly (readonly [string, Float32Array])[]
  readonly trainable: HostTensors
}

/** Metrics of three updates by the GFlowNet objective, and the adapter with its moments after them. */
const trained = async (policy: PretrainedPolicy, batch: Weighted, device: Device): Promise<Trained> => {
  const learner = trainer(policy, { task: modifiedSubTB(mdp), learningRate: constant(1e-2), device })
  const metrics = [await learner.update(batch), await learner.update(batch), await learner.update(batch)]
  const { parameters, moments } = learner.state()
  const numbers = { metrics: Float32Array.from(metrics.flatMap((m) => Object.values(m))), parameters, ...moments }
  return { numbers: Object.entries(numbers), trainable: learner.trainable() }
}

/** Logits of a prefill and of three cached steps. */
const decoded = async (policy: PretrainedPolicy, trainable: HostTensors, device: Device): Promise<readonly Float32Array[]> => {
  let decoding = await decoderOf(policy, device)({ prompts: prompts.map((p) => p.tokens), group: Int32Array.of(0, 0, 1), maxLength: 4, trainable })
  const logits = [decoding.logits]
  for (const tokens of [[1, 2, 3], [4, 6, 8], [9, 10, 11]]) {
    decoding = await decoding.next(Int32Array.from(tokens))
    logits.push(decoding.logits)
  }
  await decoding.close()
  return logits
}

/** Largest difference, relative where numbers are large. */
const difference = (found: Float32Array, expected: Float32Array): number => {
  expect(found.length).toBe(expected.length)
  return expected.reduce((worst, x, i) => Math.max(worst, Math.abs(found[i]! - x) / Math.max(1, Math.abs(x))), 0)
}

describe.skipIf(noWebGpu !== undefined)(`on webgpu${noWebGpu === undefined ? '' : ` (skipped: ${noWebGpu})`}`, () => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  beforeAll(() => void process.on('warning', listen))
  afterAll(() => void process.off('warning', listen))

  test.each(Object.entries(CONFIGS))('a LoRA step and cached decoding of a %s are as on cpu, and whole on the device', async (_, config) => {
    const policy = policyOf(config)
    const batch = await judged(policy)
    const expected = await trained(policy, batch, 'cpu')
    const found = await trained(policy, batch, 'webgpu')
    expect(expected.numbers.map(([name]) => name)).toEqual(['metrics', 'parameters', 'm', 'v'])
    expected.numbers.forEach(([name, values], i) => expect(difference(found.numbers[i]![1], values), name).toBeLessThan(1e-4))
    const [onCpu, onWebGpu] = [await decoded(policy, expected.trainable, 'cpu'), await decoded(policy, expected.trainable, 'webgpu')]
    onCpu.forEach((logits, i) => expect(difference(onWebGpu[i]!, logits), `logits of step ${i}`).toBeLessThan(1e-4))
    expect(warnings).toEqual([])
  })
})
