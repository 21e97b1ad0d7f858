import type { Prompt, TokenMDP, Trajectories, Weighted } from '@gfnlm/env'
import { type PretrainedPolicy, lora, randomPolicy } from '@gfnlm/policy'
import { type Reward, annotateBatch } from '@gfnlm/reward'
import { isLeft } from 'fp-ts/lib/Either.js'

export const STOP = 10

/** Two layers, grouped-query attention, 11 tokens, 24 positions; an adapter with B = 0. */
export const smallLlama = (seed = 3): PretrainedPolicy => {
  const config = {
    model_type: 'llama',
    vocab_size: 11,
    hidden_size: 12,
    intermediate_size: 10,
    num_hidden_layers: 2,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    head_dim: 4,
    max_position_embeddings: 24,
    rms_norm_eps: 1e-5,
    rope_theta: 100,
    tie_word_embeddings: false,
    initializer_range: 0.4,
  }
  const made = randomPolicy(config, { seed, adapter: lora({ r: 2 }) })
  if (isLeft(made)) throw made.left
  return made.right
}

export const promptOf = (id: string, tokens: readonly number[]): Prompt => ({
  id,
  text: '',
  tokens: Int32Array.from(tokens),
  row: {},
})

/** Completions of prompts [3, 1, 4] and [7], in turn; `padding` stands past the terminators. */
export const completions = (
  mdp: TokenMDP,
  rows: readonly (readonly number[])[],
  padding: number = mdp.terminator,
): Trajectories => {
  const width = mdp.maxLength + 1
  const tokens = new Int32Array(rows.length * width).fill(padding)
  rows.forEach((z, row) => tokens.set([...z, mdp.terminator], row * width))
  const unknown = new Float32Array(rows.length * width).fill(NaN)
  return {
    step: 0,
    seed: 0,
    prompts: [promptOf('a', [3, 1, 4]), promptOf('b', [7])],
    mdp,
    rows: rows.length,
    width,
    tokens,
    group: Int32Array.from(rows, (_, row) => row % 2),
    length: Int32Array.from(rows, (z) => z.length),
    logPF: unknown,
    logBehaviour: unknown,
    origin: rows.map(() => 'policy'),
  }
}

/** Judged, every row of weight 1. */
export const weighted = async (batch: Trajectories, reward: Reward, temperature = 1): Promise<Weighted> => ({
  ...(await annotateBatch(reward, { temperature: () => temperature })(batch)),
  weight: new Float32Array(batch.rows).fill(1),
})
