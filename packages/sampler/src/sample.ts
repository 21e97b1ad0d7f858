import type { PromptBatch, TokenMDP, Trajectories } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import type { PolicyState } from '@gfnlm/policy'
import { type OperatorFunction, concatMap } from 'rxjs'
import { type Decoder, decoderOf } from './decoding.ts'
import { type Explore, onPolicy } from './exploration.ts'
import { promptsFault } from './prompts-fit.ts'
import { rollout, rowKeys } from './rollout.ts'

export interface SampleOptions {
  readonly mdp: TokenMDP
  /** Completions a prompt. */
  readonly perPrompt: number
  readonly explore?: Explore
  readonly device?: Device
}

/**
 * Samples the completions of a batch of prompts from the newest policy. Rejects with a Fault that names the prompt when
 * one is empty (`PromptEmpty`) or too long for the model with `maxLength` more tokens (`PromptTooLong`).
 */
export const sampleBatch =
  (state: PolicyState, { mdp, perPrompt, explore = onPolicy, device = 'cpu' }: SampleOptions, decoder: Decoder = decoderOf(state.policy, device)) =>
  async (batch: PromptBatch): Promise<Trajectories> => {
    const named = batch.prompts.map(({ id, tokens }) => ({ name: `'${id}'`, tokens }))
    const wrong = promptsFault(named, mdp.maxLength, state.policy.contextLength)
    if (wrong !== undefined) throw wrong
    const rows = batch.prompts.length * perPrompt
    const group = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / perPrompt))
    const decoding = await decoder({
      prompts: batch.prompts.map((p) => p.tokens),
      group,
      maxLength: mdp.maxLength,
      trainable: state.trainable(),
    })
    const completions = await rollout(decoding, mdp, rowKeys(batch.seed, batch.step, batch.prompts, perPrompt), explore)
    const origin = Array.from({ length: rows }, () => 'policy' as const)
    return { ...batch, mdp, rows, width: mdp.maxLength + 1, group, origin, ...completions }
  }

/**
 * Prompts to trajectories: `perPrompt` completions of each, from the policy as it is when the batch comes. A decoder
 * of the same policy may be given, to share its compiled functions with other stages.
 *
 * ```
 * prompts  --a-----------b--|
 *          sample(state, { mdp, perPrompt: 8 })
 *          ------A-----------B--|       one batch at a time, in order
 * ```
 */
export const sample = (state: PolicyState, options: SampleOptions, decoder?: Decoder): OperatorFunction<PromptBatch, Trajectories> => {
  const draw = sampleBatch(state, options, decoder)
  return concatMap(draw)
}
