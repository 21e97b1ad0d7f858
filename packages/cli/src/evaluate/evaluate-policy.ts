import { type Prompt, type TokenMDP, completionLogProb, completionOf, fold, keyOf, terminalReward } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import type { PolicyState } from '@gfnlm/policy'
import { type Reward, annotateBatch } from '@gfnlm/reward'
import { type Decoder, sampleBatch } from '@gfnlm/sampler'
import type { SampleText } from '@gfnlm/trainer'
import type { Model } from '../load-model.ts'
import { sampleTexts } from '../run/sample-texts-of.ts'
import { type Figures, type Judgement, policyFigures } from './policy-figures.ts'

export interface EvaluationOptions {
  readonly model: Model
  readonly mdp: TokenMDP
  readonly prompts: readonly Prompt[]
  readonly reward: Reward
  /** Completions of each prompt. */
  readonly perPrompt: number
  /** Prompts at a time. */
  readonly together: number
  readonly temperature: number
  readonly seed: number
  readonly device: Device
  readonly decoder: Decoder
}

export interface Evaluation {
  readonly figures: Figures
  readonly samples: readonly SampleText[]
}

/** Samples from a policy, without exploration, and judges what comes: the same draws for every policy of a seed. */
export const evaluatePolicy = async (state: PolicyState, options: EvaluationOptions): Promise<Evaluation> => {
  const { model, mdp, prompts, reward, perPrompt, together, temperature, device, decoder } = options
  const seed = fold(keyOf(options.seed), 'evaluate').k0
  const draw = sampleBatch(state, { mdp, perPrompt, device }, decoder)
  const judge = annotateBatch(reward)
  const judgements: Judgement[] = []
  const samples: SampleText[] = []
  for (let first = 0; first < prompts.length; first += together) {
    const batch = await judge(await draw({ step: first, seed, prompts: prompts.slice(first, first + together) }))
    const [rewards, logPF] = [terminalReward(batch), completionLogProb(batch, 'logPF')]
    for (let row = 0; row < batch.rows; row++)
      judgements.push({
        group: first + batch.group[row]!,
        tokens: completionOf(batch, row),
        logReward: rewards[row]!,
        logPF: logPF[row]!,
      })
    samples.push(...sampleTexts(model.tokenizer)(batch))
  }
  return { figures: policyFigures(judgements, temperature), samples }
}
