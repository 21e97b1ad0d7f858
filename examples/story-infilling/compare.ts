import type { Annotated } from '@gfnlm/env'
import { type PolicyState, reference } from '@gfnlm/policy'
import { type Decoder, beamSearch, decoderOf, exploring, onPolicy } from '@gfnlm/sampler'
import { type Evaluation, type Figures, figuresOf, judged, sampled } from './evaluate.ts'

/** One way of filling in, judged. */
export interface Outcome extends Figures {
  readonly name: string
  readonly family: Family
  readonly batch: Annotated
}

export type Family = 'base' | 'tempered' | 'beam' | 'gflownet'

/** Temperatures of the frozen model that trade diversity for likelihood. */
const TEMPERATURES = [0.8, 0.6, 0.4, 0.2]

/** Judges ways of filling in on the same prompts: the frozen model sampled, sampled colder, searched; the newest policy. */
export const compare = async (
  state: PolicyState,
  evaluation: Evaluation,
  families: readonly Family[],
): Promise<Outcome[]> => {
  const frozen = reference(state.policy)
  const decoder: Decoder = decoderOf(state.policy, evaluation.device)
  const { tokenizer } = state.policy
  const outcome = (family: Family, name: string, batch: Annotated): Outcome => ({
    name,
    family,
    batch,
    ...figuresOf(batch, tokenizer!),
  })
  const ways: Record<Family, () => Promise<Outcome[]>> = {
    base: async () => [outcome('base', 'sampling', await sampled(frozen, decoder, onPolicy, evaluation))],
    tempered: async () => {
      const outcomes: Outcome[] = []
      for (const temperature of TEMPERATURES)
        outcomes.push(
          outcome(
            'tempered',
            `T = ${temperature}`,
            await sampled(frozen, decoder, exploring({ temperature }), evaluation),
          ),
        )
      return outcomes
    },
    beam: async () => {
      const { mdp, prompts, perPrompt } = evaluation
      const found = []
      for (const prompt of prompts) found.push(await beamSearch(decoder, prompt, mdp, null, perPrompt))
      return [outcome('beam', `beam search, ${perPrompt} beams`, await judged(found, evaluation))]
    },
    gflownet: async () => [outcome('gflownet', 'GFlowNet', await sampled(state, decoder, onPolicy, evaluation))],
  }
  const all: Outcome[] = []
  for (const family of families) all.push(...(await ways[family]()))
  return all
}
