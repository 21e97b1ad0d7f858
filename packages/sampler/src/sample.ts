import { type PromptBatch, type TokenMDP, type Trajectories, checkCount } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import type { PolicyState } from '@gfnlm/policy'
import { type OperatorFunction, concatMap } from 'rxjs'
import { type Decoder, decoderOf } from './decoding.ts'
import { type Explore, onPolicy } from './exploration.ts'
import { lanesOf } from './lanes.ts'
import { promptsFault } from './prompts-fit.ts'
import { type Completions, rollout, rowKeys } from './rollout.ts'

export interface SampleOptions {
  readonly mdp: TokenMDP
  /** Completions a prompt. */
  readonly perPrompt: number
  readonly explore?: Explore
  readonly device?: Device
  /**
   * Completions decoded at a time; by default as many as pay, and as memory has room for. When one ends, the next takes
   * its slot. However many there are, the same completions are drawn.
   */
  readonly slots?: number
}

/** The completions of several rollouts, one after the other. */
const joined = (parts: readonly Completions[]): Completions => {
  const [first] = parts
  if (parts.length === 1) return first!
  const rows = parts.reduce((sum, { length }) => sum + length.length, 0)
  const whole = <A extends Int32Array | Float32Array>(all: A, column: (part: Completions) => A): A => {
    let at = 0
    for (const part of parts) {
      all.set(column(part), at)
      at += column(part).length
    }
    return all
  }
  const cells = (rows * first!.tokens.length) / first!.length.length
  return {
    tokens: whole(new Int32Array(cells), (part) => part.tokens),
    length: whole(new Int32Array(rows), (part) => part.length),
    logPF: whole(new Float32Array(cells), (part) => part.logPF),
    logBehaviour: whole(new Float32Array(cells), (part) => part.logBehaviour),
  }
}

/** Waits for all, then gives what they gave or throws what the first that failed threw: nothing goes on behind it. */
const allOf = async <A>(promises: readonly Promise<A>[]): Promise<A[]> => {
  const settled = await Promise.allSettled(promises)
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}

/**
 * Samples the completions of a batch of prompts from the newest policy. Rejects with a Fault that names the prompt when
 * one is empty (`PromptEmpty`) or too long for the model with `maxLength` more tokens (`PromptTooLong`).
 *
 * @throws RangeError when `perPrompt` or `slots` is no whole number from 1
 */
export const sampleBatch = (
  state: PolicyState,
  { mdp, perPrompt, explore = onPolicy, device = 'cpu', slots }: SampleOptions,
  decoder: Decoder = decoderOf(state.policy, device),
): ((batch: PromptBatch) => Promise<Trajectories>) => {
  checkCount('sample', 'perPrompt', perPrompt)
  if (slots !== undefined) checkCount('sample', 'slots', slots)
  return async (batch) => {
    const named = batch.prompts.map(({ id, tokens }) => ({ name: `'${id}'`, tokens }))
    const wrong = promptsFault(named, mdp.maxLength, state.policy.contextLength)
    if (wrong !== undefined) throw wrong
    const rows = batch.prompts.length * perPrompt
    const group = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / perPrompt))
    const prompts = batch.prompts.map((p) => p.tokens)
    const work = {
      prompts: prompts.length,
      perPrompt,
      promptLength: prompts.reduce((most, p) => Math.max(most, p.length), 0),
      maxLength: mdp.maxLength,
    }
    const lanes = lanesOf(state.policy, device, work, slots)
    const keys = rowKeys(batch.seed, batch.step, batch.prompts, perPrompt)
    const trainable = state.trainable()
    const lane = async (number: number): Promise<Completions> => {
      const [first, end] = [number, number + 1].map((n) => Math.round((n * rows) / lanes.count)) as [number, number]
      const request = {
        prompts,
        group: group.slice(first, end),
        maxLength: mdp.maxLength,
        trainable,
        slots: lanes.slots,
      }
      return rollout(
        await decoder(lanes.count === 1 ? request : { ...request, lane: number }),
        mdp,
        keys.slice(first, end),
        explore,
      )
    }
    const completions = joined(await allOf(Array.from({ length: lanes.count }, (_, number) => lane(number))))
    const origin = Array.from({ length: rows }, () => 'policy' as const)
    return { ...batch, mdp, rows, width: mdp.maxLength + 1, group, origin, ...completions }
  }
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
export const sample = (
  state: PolicyState,
  options: SampleOptions,
  decoder?: Decoder,
): OperatorFunction<PromptBatch, Trajectories> => {
  const draw = sampleBatch(state, options, decoder)
  return concatMap(draw)
}
