import { type Prompt, tokenMDP } from '@gfnlm/env'
import { reference } from '@gfnlm/policy'
import { annotate, likelihood } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { sample } from '@gfnlm/sampler'
import { constant, modifiedSubTB, trainer } from '@gfnlm/trainer'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { lastValueFrom, of } from 'rxjs'
import type { Family, Measured, Row } from '../row.ts'
import { gpt2Shape, someTokens } from '../shapes.ts'
import { type Step, policyOf, trainingStep } from '../steps.ts'

const row = (name: string, what: string): Row => ({
  name,
  measures: `Event-loop delay, 99th percentile, ${what}, GPT-2 124M shape`,
  against: '',
  unit: 'ms',
  of: 'ours',
  bound: 'at most',
  limit: 20,
})

const TRAINING = row('event-loop-training', 'while training (LoRA, 8 × 64 tokens)')
const ON_POLICY = row('event-loop-on-policy', 'while sampling, scoring and training (8 completions of 16 tokens)')

/** Milliseconds between two looks at the clock: the least delay that can be seen, and part of every figure. */
const RESOLUTION = 1

/** The delays during some steps; those of the first, when graphs are traced on this thread, apart. */
const delays = async (step: Step, steps: number): Promise<Measured> => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  await step()
  const firstMax = histogram.max / 1e6
  histogram.reset()
  for (let i = 0; i < steps; i++) await step()
  histogram.disable()
  const percentile = (p: number): number => histogram.percentile(p) / 1e6
  return {
    ours: percentile(99),
    peer: null,
    ratio: null,
    detail: { median: percentile(50), max: histogram.max / 1e6, firstMax },
  }
}

/** A step of a GFlowNet run: completions drawn, scored by the frozen model, learned from. */
const onPolicyStep = (): Step => {
  const policy = policyOf(gpt2Shape)
  const mdp = tokenMDP({ terminator: 0, maxLength: 16 })
  const learner = trainer(policy, { task: modifiedSubTB(mdp), learningRate: constant(1e-5) })
  const prompt: Prompt = { id: 'prompt', text: '', tokens: someTokens(gpt2Shape, 0, 16), row: {} }
  const stages = [sample(learner, { mdp, perPrompt: 8 })] as const
  const judge = annotate(likelihood(reference(policy)))
  let step = 0
  return async () => {
    const batch = await lastValueFrom(
      of({ step: step++, seed: 1, prompts: [prompt] }).pipe(...stages, judge, reweight(uniform)),
    )
    await learner.update(batch)
  }
}

/** Whether a program that trains still answers. */
export const eventLoop: Family = {
  rows: [TRAINING, ON_POLICY],
  measure: async ({ quick }) => {
    const steps = quick ? 3 : 15
    return {
      [TRAINING.name]: await delays(trainingStep(policyOf(gpt2Shape), gpt2Shape), steps),
      [ON_POLICY.name]: await delays(onPolicyStep(), steps),
    }
  },
}
