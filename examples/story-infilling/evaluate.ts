import { type Annotated, type Prompt, type TokenMDP, completionOf, terminalReward } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import type { PolicyState, Tokenizer } from '@gfnlm/policy'
import { type Reward, annotateBatch } from '@gfnlm/reward'
import { type Beam, type Decoder, type Explore, pairwiseDistance, sampleBatch, withinPrompts } from '@gfnlm/sampler'
import { logProbability } from '../story-model/grammar.ts'

/** How a way of filling in fares on a set of prompts. */
export interface Figures {
  /** Mean log p(X Z Y) of its completions under the frozen model, nats. */
  readonly logReward: number
  /** Mean over prompts of the mean pairwise edit distance of their completions, in [0, 1]. */
  readonly diversity: number
  /** Share of completions that make a story the grammar can tell: fluent, and at one with the ending. */
  readonly coherent: number
}

/** Sentences of a text, each with its full stop. */
const sentencesOf = (text: string): string[] => text.match(/[^.]+\./g)?.map((s) => s.trim()) ?? []

/** Whether beginning, completion and ending are one of the grammar's stories. */
export const isCoherent = ({ row }: Prompt, completion: string): boolean => {
  const sentences = [...sentencesOf(String(row['beginning'])), `${completion}.`, ...sentencesOf(String(row['ending']))]
  return sentences.length === 5 && logProbability(sentences) > -Infinity
}

/** The figures of judged completions. */
export const figuresOf = (batch: Annotated, tokenizer: Tokenizer): Figures => {
  const rewards = terminalReward(batch)
  const kept = Array.from(rewards, (_, row) => row).filter((row) => batch.keep[row] === 1)
  const mean = (value: (row: number) => number): number => kept.reduce((sum, row) => sum + value(row), 0) / kept.length
  return {
    logReward: mean((row) => rewards[row]!),
    diversity: withinPrompts(batch, pairwiseDistance),
    coherent: mean((row) =>
      Number(isCoherent(batch.prompts[batch.group[row]!]!, tokenizer.decode(completionOf(batch, row)))),
    ),
  }
}

export interface Evaluation {
  readonly mdp: TokenMDP
  readonly reward: Reward
  readonly prompts: readonly Prompt[]
  readonly perPrompt: number
  readonly seed: number
  readonly device: Device
}

/** Samples completions of every prompt and judges them. */
export const sampled = async (
  state: PolicyState,
  decoder: Decoder,
  explore: Explore,
  { mdp, reward, prompts, perPrompt, seed }: Evaluation,
): Promise<Annotated> => {
  const batch = await sampleBatch(state, { mdp, perPrompt, explore }, decoder)({ step: 0, seed, prompts })
  return annotateBatch(reward)(batch)
}

/** Judges the completions that a search found, `perPrompt` for each prompt. */
export const judged = async (
  found: readonly (readonly Beam[])[],
  { mdp, reward, prompts, perPrompt, seed }: Evaluation,
): Promise<Annotated> => {
  const width = mdp.maxLength + 1
  const rows = prompts.length * perPrompt
  const tokens = new Int32Array(rows * width).fill(mdp.terminator)
  const length = new Int32Array(rows)
  found.forEach((beams, g) =>
    beams.forEach((beam, i) => {
      tokens.set(beam.tokens, (g * perPrompt + i) * width)
      length[g * perPrompt + i] = beam.tokens.length
    }),
  )
  const unknown = new Float32Array(rows * width).fill(NaN)
  const group = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / perPrompt))
  const origin = Array.from({ length: rows }, () => 'dataset' as const)
  return annotateBatch(reward)({
    step: 0,
    seed,
    prompts,
    mdp,
    rows,
    width,
    group,
    tokens,
    length,
    logPF: unknown,
    logBehaviour: unknown,
    origin,
  })
}
