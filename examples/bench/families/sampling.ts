import { type Prompt, tokenMDP } from '@gfnlm/env'
import { fromPretrained, reference } from '@gfnlm/policy'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Rounds, against, median, takeTurns, timed } from '../measure/compare.ts'
import { ggufOf, llamaCpp } from '../measure/llama-cpp.ts'
import type { Family, Measured, Row } from '../row.ts'

const row = (name: string, against: string, limit: number): Row => ({
  name,
  measures: 'Sampling 512 completions of 64 tokens from a small story model',
  against,
  unit: 'tokens/s',
  of: 'ratio',
  bound: 'at least',
  limit,
})

const ONE_ROW = row('sampling-one-row', 'the same one row at a time', 25)
const LLAMA_CPP = row('sampling-llama-cpp', 'llama.cpp in fp32, its best thread count and batch', 5)

const COMPLETIONS = 512
const TOKENS = 64

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** stories260K where the machine has it ($STORIES260K, or shared/ beside the repository), else the shipped model. */
const storyModel = (): string =>
  [
    process.env['STORIES260K'],
    beside('../../../../../shared/models/stories260K'),
    beside('../../../story-model/model'),
  ].find((directory) => directory !== undefined && existsSync(directory))!

/** Milliseconds of a run of so many tokens as tokens a second; the ratio is the same. */
const perSecond = ({ peer, ours, ...rest }: Measured, tokens: number): Measured => {
  const rate = (ms: number): number => (tokens / ms) * 1e3
  return { ...rest, ours: rate(ours), peer: peer === null ? null : rate(peer) }
}

/** Rounds in which a source's runs were of fewer tokens, as if they had been of all. */
const scaled = ({ of, absent }: Rounds, name: string, factor: number): Rounds => ({
  absent,
  of: new Map([...of].map(([source, rounds]) => [source, source === name ? rounds.map((ms) => ms * factor) : rounds])),
})

/** Many rows at once, every one of 64 tokens, on the policy. */
export const sampling: Family = {
  rows: [ONE_ROW, LLAMA_CPP],
  measure: async ({ rounds, quick }) => {
    const directory = storyModel()
    const policy = await fromPretrained(directory)
    const { bos = 1, eos = 2 } = policy.tokenizer!
    const completions = quick ? COMPLETIONS / 8 : COMPLETIONS
    const mdp = tokenMDP({ terminator: eos, minLength: TOKENS, maxLength: TOKENS })
    const prompt: Prompt = { id: 'bos', text: '', tokens: Int32Array.of(bos), row: {} }
    const decoder = decoderOf(policy)
    let step = 0
    const drawing = (perPrompt: number) => {
      const draw = sampleBatch(reference(policy), { mdp, perPrompt }, decoder)
      return () => draw({ step: step++, seed: 1, prompts: [prompt] })
    }
    const ours = timed('ours', 1, drawing(completions))
    const oneRow = timed('one row', quick ? 2 : 6, drawing(1))
    const work = { work: 'sampling', completions, tokens: TOKENS, bos, batches: [1, 8, 32, 64] } as const
    const peer = await llamaCpp('llama.cpp', await ggufOf(policy), work, 1)
    const taken = scaled(await takeTurns([ours, oneRow, peer], rounds), oneRow.name, completions)
    const model = directory.split('/').slice(-2).join('/')
    const figures = (name: string): Measured => {
      const measured = perSecond(against(taken, ours.name, [name], 'faster'), completions * TOKENS)
      return {
        ...measured,
        detail: {
          model,
          completions,
          msAll: median(taken.of.get(ours.name)!),
          about: 'about' in peer ? peer.about : undefined,
        },
      }
    }
    return { [ONE_ROW.name]: figures(oneRow.name), [LLAMA_CPP.name]: figures(peer.name) }
  },
}
