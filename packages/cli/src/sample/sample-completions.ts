import { type Fault, type Prompt, type TokenMDP, type Trajectories, fault, isFault } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import { type Explore, decoderOf, sampleBatch } from '@gfnlm/sampler'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../load-model.ts'
import { completionText } from '../run/completion-text.ts'

/** A completion as `gfnlm sample` prints it. */
export interface Sampled {
  readonly text: string
  /** Generated ids, the terminator included where the model chose it; it stands for all tokens that end a completion. */
  readonly tokens: readonly number[]
  /** Σ log P_F of the model's own choices, nats: no temperature, no truncation. */
  readonly logprob: number
  /** Whether it ended by itself; false: it was cut at the longest length. */
  readonly finished: boolean
}

export interface SampleRequest {
  readonly prompts: readonly Prompt[]
  readonly mdp: TokenMDP
  readonly perPrompt: number
  readonly seed: number
  readonly explore: Explore
  readonly device: Device
}

const sampledOf = ({ tokenizer }: Model, batch: Trajectories, row: number): Sampled => {
  const { width, mdp } = batch
  const length = batch.length[row]!
  const finished = length < mdp.maxLength
  const taken = finished ? length + 1 : length
  const tokens = batch.tokens.slice(row * width, row * width + taken)
  const logPF = batch.logPF.subarray(row * width, row * width + taken)
  return {
    text: completionText(tokenizer, batch.prompts[batch.group[row]!]!.tokens, tokens),
    tokens: [...tokens],
    logprob: logPF.reduce((a, b) => a + b, 0),
    finished,
  }
}

/** Prompts are decoded together, this many rows at a time. */
const ROWS = 64

/** Completions of each prompt, a pure function of the request: the same seed gives the same. */
export const sampleCompletions = (
  model: Model,
  { prompts, mdp, perPrompt, seed, explore, device }: SampleRequest,
): TE.TaskEither<Fault, readonly (readonly Sampled[])[]> =>
  TE.tryCatch(
    async () => {
      const draw = sampleBatch(
        { policy: model.policy, trainable: () => null },
        { mdp, perPrompt, explore, device },
        decoderOf(model.policy, device),
      )
      const perBatch = Math.max(1, Math.floor(ROWS / perPrompt))
      const found: Sampled[][] = []
      for (let first = 0; first < prompts.length; first += perBatch) {
        const chunk = prompts.slice(first, first + perBatch)
        const batch = await draw({ step: first, seed, prompts: chunk })
        chunk.forEach((_, g) =>
          found.push(Array.from({ length: perPrompt }, (_, i) => sampledOf(model, batch, g * perPrompt + i))),
        )
      }
      return found
    },
    (cause) =>
      isFault(cause)
        ? cause
        : fault(
            'SamplingFailed',
            `no completions could be drawn: ${(cause as Error).message}`,
            'Check the model and its adapter, and the sampling options',
          ),
  )
