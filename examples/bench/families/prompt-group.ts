import { type Prompt, type Weighted, tokenMDP } from '@gfnlm/env'
import { type PretrainedPolicy, frozen } from '@gfnlm/policy'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { constant, modifiedSubTB, trainer } from '@gfnlm/trainer'
import { against, takeTurns, timed } from '../measure/compare.ts'
import type { Family, Row } from '../row.ts'
import { gpt2Shape, someTokens } from '../shapes.ts'
import { type Step, policyOf } from '../steps.ts'

const row = (name: string, what: string): Row => ({
  name,
  measures: `${what} of 8 completions of 32 tokens on one prompt of 256, GPT-2 124M shape`,
  against: 'the same with 8 prompts of 256, each for one completion',
  unit: 'ms',
  of: 'ratio',
  bound: 'at least',
  limit: 3,
})

const TRAINING = row('group-training', 'Training step (modified SubTB, LoRA r 8)')
const SAMPLING = row('group-sampling', 'Sampling')

const COMPLETIONS = 8
const TOKENS = 32
const PROMPT = 256
const TERMINATOR = 0

const mdp = tokenMDP({ terminator: TERMINATOR, minLength: TOKENS, maxLength: TOKENS })

/** Some prompts with as many completions each as make eight. The prompts differ: nothing can be shared among them. */
const promptsOf = (count: number): Prompt[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${count}/${i}`,
    text: '',
    tokens: someTokens(gpt2Shape, i, PROMPT),
    row: {},
  }))

/** A batch as a reward leaves it: full completions, a reward for every prefix. */
const batchOf = (count: number): Weighted => {
  const width = TOKENS + 1
  const rows = Array.from({ length: COMPLETIONS }, (_, i) => [
    ...someTokens({ V: gpt2Shape.V - 1 }, i, TOKENS).map((id) => id + 1),
    TERMINATOR,
  ])
  return {
    step: 0,
    seed: 1,
    prompts: promptsOf(count),
    mdp,
    rows: COMPLETIONS,
    width,
    group: Int32Array.from(rows, (_, i) => Math.floor((i * count) / COMPLETIONS)),
    tokens: Int32Array.from(rows.flat()),
    length: new Int32Array(COMPLETIONS).fill(TOKENS),
    logPF: new Float32Array(COMPLETIONS * width).fill(NaN),
    logBehaviour: new Float32Array(COMPLETIONS * width).fill(NaN),
    origin: rows.map(() => 'policy' as const),
    logReward: Float32Array.from({ length: COMPLETIONS * width }, (_, i) => -((i * 37) % 101)),
    rewardTemperature: 1,
    keep: new Uint8Array(COMPLETIONS).fill(1),
    weight: new Float32Array(COMPLETIONS).fill(1),
  }
}

const training = (policy: PretrainedPolicy, count: number): Step => {
  const learner = trainer(policy, { task: modifiedSubTB(mdp), learningRate: constant(1e-5) })
  const batch = batchOf(count)
  return () => learner.update(batch)
}

const drawing = (policy: PretrainedPolicy, count: number): Step => {
  const draw = sampleBatch(frozen(policy, policy.trainable), { mdp, perPrompt: COMPLETIONS / count }, decoderOf(policy))
  let step = 0
  return () => draw({ step: step++, seed: 1, prompts: promptsOf(count) })
}

/** What a prompt costs when its completions share it. */
const shared = (line: Row, step: (policy: PretrainedPolicy, count: number) => Step): Family => ({
  rows: [line],
  measure: async ({ rounds }) => {
    const policy = policyOf(gpt2Shape)
    const sources = [timed('ours', 1, step(policy, 1)), timed('a prompt each', 1, step(policy, COMPLETIONS))]
    return { [line.name]: against(await takeTurns(sources, rounds), 'ours', ['a prompt each'], 'faster') }
  },
})

export const groupTraining: Family = shared(TRAINING, training)
export const groupSampling: Family = shared(SAMPLING, drawing)
