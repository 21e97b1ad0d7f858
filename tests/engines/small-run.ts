import { type Prompt, type TokenMDP, type Weighted, tokenMDP } from '@gfnlm/env'
import type { Device, HostTensors } from '@gfnlm/jit'
import { type PretrainedPolicy, lora, randomPolicy, reference } from '@gfnlm/policy'
import { annotateBatch, likelihood } from '@gfnlm/reward'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { type Metrics, type TrainStepOptions, constant, modifiedSubTB, trainer } from '@gfnlm/trainer'

const llama = {
  model_type: 'llama',
  vocab_size: 19,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
  tie_word_embeddings: true,
  initializer_range: 0.3,
}
const gemma = { ...llama, query_pre_attn_scalar: 4, sliding_window: 3 }
const gemma3 = { ...gemma, model_type: 'gemma3_text', sliding_window_pattern: 2 }

/** A small model of each family, its windows shorter than the rows. */
export const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  llama,
  mistral: { ...llama, model_type: 'mistral', sliding_window: 3 },
  qwen2: { ...llama, model_type: 'qwen2', use_sliding_window: true, max_window_layers: 1, sliding_window: 3 },
  qwen3: { ...llama, model_type: 'qwen3' },
  gemma2: { ...gemma, model_type: 'gemma2', attn_logit_softcapping: 4, final_logit_softcapping: 8 },
  gemma3_text: gemma3,
  gemma3: { model_type: 'gemma3', text_config: gemma3, tie_word_embeddings: true, initializer_range: 0.3 },
  phi3: { ...llama, model_type: 'phi3', sliding_window: 3 },
  gpt2: {
    model_type: 'gpt2',
    vocab_size: 19,
    n_embd: 16,
    n_layer: 2,
    n_head: 4,
    n_positions: 32,
    initializer_range: 0.3,
  },
}
const prompts: readonly Prompt[] = [
  [3, 1, 4],
  [7, 2],
].map((tokens, i): Prompt => ({ id: `${i}`, text: '', tokens: Int32Array.from(tokens), row: {} }))
export const mdp: TokenMDP = tokenMDP({ terminator: 5, minLength: 1, maxLength: 4 })

/** Random weights and an adapter with B = 0. */
export const policyOf = (config: Readonly<Record<string, unknown>>): PretrainedPolicy => {
  const made = randomPolicy(config, { seed: 3, adapter: lora({ r: 4 }) })
  if (made._tag === 'Left') throw made.left
  return made.right
}

/** Three completions of each prompt, sampled and judged by the model itself. */
export const judged = async (policy: PretrainedPolicy, device: Device = 'cpu'): Promise<Weighted> => {
  const sampled = await sampleBatch(reference(policy), { mdp, perPrompt: 3, device })({ step: 0, seed: 1, prompts })
  return {
    ...(await annotateBatch(likelihood(reference(policy), { device }))(sampled)),
    weight: new Float32Array(sampled.rows).fill(1),
  }
}

export interface Trained {
  readonly numbers: readonly (readonly [string, Float32Array])[]
  readonly trainable: HostTensors
}

/** Metrics of some updates, and the adapter with its moments after them. */
export const trained = async (
  policy: PretrainedPolicy,
  batch: Weighted,
  device: Device,
  {
    updates = 3,
    task = modifiedSubTB(mdp),
    ...options
  }: Partial<TrainStepOptions<Weighted>> & { readonly updates?: number } = {},
): Promise<Trained> => {
  const learner = trainer(policy, { task, learningRate: constant(1e-2), device, ...options })
  const metrics: Metrics[] = []
  for (let i = 0; i < updates; i++) metrics.push(await learner.update(batch))
  const { parameters, moments } = learner.state()
  const numbers = { metrics: Float32Array.from(metrics.flatMap((m) => Object.values(m))), parameters, ...moments }
  return { numbers: Object.entries(numbers), trainable: learner.trainable() }
}

/** Logits of a prefill and of three cached steps. */
export const decoded = async (
  policy: PretrainedPolicy,
  trainable: HostTensors,
  device: Device,
): Promise<readonly Float32Array[]> => {
  let decoding = await decoderOf(
    policy,
    device,
  )({ prompts: prompts.map((p) => p.tokens), group: Int32Array.of(0, 0, 1), maxLength: 4, trainable })
  const logits = [decoding.logits]
  for (const tokens of [
    [1, 2, 3],
    [4, 6, 8],
    [9, 10, 11],
  ]) {
    decoding = await decoding.next(Int32Array.from(tokens))
    logits.push(decoding.logits)
  }
  await decoding.close()
  return logits
}
