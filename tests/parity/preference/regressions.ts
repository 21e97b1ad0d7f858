import { jsonlRows, preferenceOfRow } from '@gfnlm/data'
import { type PromptBatch, completionOf, isFault, tokenMDP } from '@gfnlm/env'
import { dpo } from '@gfnlm/losses'
import { type Policy, reference } from '@gfnlm/policy'
import { annotateBatch, completionReward, llmJudge, parseScore } from '@gfnlm/reward'
import { sampleBatch } from '@gfnlm/sampler'
import { type RunEvent, checkpointEvery, earlyStop, training } from '@gfnlm/trainer'
import * as tf from '@tensorflow/tfjs-core'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Observable, from, lastValueFrom, map, toArray } from 'rxjs'
import { type Comparison, inFloat32, inFloat64 } from '../comparison.ts'
import { batchToJudge } from '../judged-batch.ts'
import { type Json, list, matrix, number, numbers, record } from '../json.ts'
import type { Row } from '../registry.ts'
import type { Checker } from '../run-parity.ts'
import { cells } from '../told.ts'

const whole = (...comparisons: readonly Comparison[]) => [{ part: '', comparisons }]
const holds = (what: string, found: boolean): Comparison => inFloat64(what, [Number(found)], [1])
const all = <A>(events$: Observable<A>): Promise<A[]> => lastValueFrom(events$.pipe(toArray()))

const steps = (count: number, metrics: (step: number) => Readonly<Record<string, number>> = () => ({})): RunEvent[] =>
  Array.from({ length: count }, (_, step) => ({ type: 'step', time: 0, step, metrics: metrics(step) }))

/** A policy whose next token is, all but surely, the one that follows the last token of a row. */
const following = (next: (token: number) => number, vocabSize: number): Policy => ({
  name: 'each token names its successor',
  vocabSize,
  contextLength: 16,
  constants: {},
  trainable: {},
  logits: (_constants, _trainable, { tokens }, { start, count }) => {
    const [rows] = tokens.shape
    const table = Array.from({ length: vocabSize }, (_, token) =>
      Array.from({ length: vocabSize }, (_, v) => (v === next(token) ? 80 : 0)),
    )
    const read = tf.slice2d(tokens, [0, start], [rows, count])
    return tf.reshape(tf.gather(tf.tensor2d(table), tf.reshape(read, [rows * count])), [rows, count, vocabSize])
  },
})

const batchOf = (prompts: readonly (readonly number[])[]): PromptBatch => ({
  step: 0,
  seed: 0,
  prompts: prompts.map((tokens, i) => ({ id: `${i}`, text: '', tokens: Int32Array.from(tokens), row: {} })),
})

const sampled = async (policy: Policy, prompts: readonly (readonly number[])[], maxLength: number, perPrompt = 1) => {
  const mdp = tokenMDP({ terminator: policy.vocabSize - 1, maxLength })
  const drawn = await sampleBatch(reference(policy), { mdp, perPrompt })(batchOf(prompts))
  return Array.from({ length: drawn.rows }, (_, row) => [...completionOf(drawn, row)])
}

/** A judge's score, however it is written. */
const judgeRegex: Checker = ({ inputs }) => {
  const cases = list(inputs.cases).map(record)
  const found = cases.map(({ text }) => parseScore()(String(text)) ?? NaN)
  return whole(inFloat64('scores', found, cells(cases.map(({ want }) => want))))
}

/** A completion is what was generated: no prompt, no padding, every token id. */
const sampleMask: Checker = async ({ inputs }) => {
  const { out, prompt_lens, pad_id, want } = record(inputs.case)
  const rows = matrix(out).map((row) => row.filter((token) => token !== number(pad_id)))
  const end = Math.max(...rows.flat()) + 1
  const found = await Promise.all(
    rows.map(async (row, i) => {
      const prompt = row.slice(0, numbers(prompt_lens)[i])
      // Every token of these rows comes once, so a successor says the whole row.
      const policy = following((token) => row[row.indexOf(token) + 1] ?? end, end + 1)
      return (await sampled(policy, [prompt], row.length))[0]
    }),
  )
  return whole(...matrix(want).map((tokens, i) => inFloat64(`row ${i}`, found[i], tokens)))
}

/** The next token is read after a row's last token, however long the other prompts are. */
const samplePosition: Checker = async () => {
  const prompts = [[3], [1, 2, 3, 4, 5], [7, 6]]
  const found = await sampled(
    following((token) => token + 1, 10),
    prompts,
    8,
  )
  const wanted = prompts.map((prompt) => Array.from({ length: 8 - prompt.at(-1)! }, (_, i) => prompt.at(-1)! + 1 + i))
  return whole(...wanted.map((tokens, i) => inFloat64(`row ${i}`, found[i], tokens)))
}

/** The length of completions counts new tokens, and a prompt that leaves them no room is an error. */
const newTokens: Checker = async () => {
  const endless = following(() => 1, 4)
  const [short, long] = [[0, 0], Array.from({ length: 12 }, () => 0)]
  const found = await sampled(endless, [short, long], 4)
  const refused = await sampled(endless, [long, [...long, 0]], 4).catch((cause: unknown) => cause)
  return whole(
    inFloat64(
      'new tokens',
      found.map(({ length }) => length),
      [4, 4],
    ),
    holds('a prompt without room is a PromptTooLong fault', isFault(refused) && refused._tag === 'PromptTooLong'),
  )
}

/** A run has as many steps as it was given. */
const endsOfItself: Checker = async () => {
  const events = await all(
    training(
      { name: '', steps: 7, seed: 0 },
      map(({ step }): RunEvent => steps(step + 1)[step]),
    ),
  )
  return whole(inFloat64('steps', [events.filter(({ type }) => type === 'step').length], [7]))
}

/** Checkpoints at multiples of a number of steps, and at no other step. */
const multiples: Checker = async ({ inputs }) => {
  const { checkpoint_every, want_multiples_of } = record(inputs.case)
  const every = number(checkpoint_every)
  const last = 3 * every
  const events = await all(from(steps(last)).pipe(checkpointEvery(every, () => TE.right(''))))
  const fired = events.flatMap((event) => (event.type === 'checkpoint' ? [event.step + 1] : []))
  return whole(
    inFloat64(
      'fires at',
      fired,
      [1, 2, 3].map((n) => n * number(want_multiples_of)),
    ),
  )
}

/** A score that rises is not a reason to stop; one that does not rise for a while is. */
const stopsDownhill: Checker = async () => {
  const stoppedBy = async (scores: readonly number[]): Promise<boolean> => {
    const stop = new AbortController()
    const events = steps(scores.length, (step) => ({ score: scores[step] }))
    await all(from(events).pipe(earlyStop({ metric: 'score', mode: 'max', patience: 2 }, stop)))
    return stop.signal.aborted
  }
  const found = await Promise.all(
    [
      [1, 2, 3, 4],
      [4, 3, 5, 4, 6],
      [4, 3, 2],
    ].map(stoppedBy),
  )
  return whole(inFloat64('stopped', found.map(Number), [0, 0, 1]))
}

const THREE = batchToJudge(9, [[1], [2], [3]], [[4], [5], [6]])
const decode = (ids: Int32Array): string => ids.join(' ')

/** What each of three rows is worth, and which are kept. */
const judged = async (judge: Parameters<typeof completionReward>[1]) => {
  const { keep, logReward, width, length } = await annotateBatch(completionReward(decode, judge))(THREE)
  return { keep: [...keep], rewards: [...length].map((last, row) => logReward[row * width + last]) }
}

/** A model that gives one number a completion is a reward as it is. */
const scalarRewards: Checker = async () => {
  const { rewards } = await judged((completions) => completions.map(({ tokens }) => -tokens[0] / 2))
  return whole(inFloat64('rewards', rewards, [-2, -2.5, -3]))
}

/** A completion that nobody can judge costs itself, not its batch. */
const oneRowDropped: Checker = async () => {
  const { keep } = await judged((completions) => completions.map(({ text }) => (text === '5' ? null : -1)))
  return whole(inFloat64('kept', keep, [1, 0, 1]))
}

/** What is configured is what is done: candidates a prompt, answers a candidate, which scores count. */
const forwarded: Checker = async () => {
  const asked: string[] = []
  const judge = llmJudge({
    ask: async (prompts) => (asked.push(...prompts), prompts.map((_, i) => `Score: ${i % 4}`)),
    samples: 4,
    parse: (answer) => parseScore({ range: [2, 5] })(answer),
  })
  const { rewards } = await judged(judge)
  const candidates = await sampled(
    following(() => 2, 4),
    [[0], [1]],
    1,
    5,
  )
  return whole(
    inFloat64('answers asked for', [asked.length], [3 * 4]),
    inFloat64('means of the valid scores', rewards, [2.5, 2.5, 2.5]),
    inFloat64('candidates', [candidates.length], [2 * 5]),
  )
}

/** A file of pairs is read as pairs, as often as it is asked for. */
const pairsOfFile: Checker = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gfnlm-pairs-'))
  try {
    const file = join(folder, 'pairs.jsonl')
    const pairs: Json[] = [1, 2, 3].map((n) => ({ prompt: `${n}`, chosen: 'yes', rejected: 'no' }))
    await writeFile(file, pairs.map((pair) => JSON.stringify(pair)).join('\n'))
    const read = async (): Promise<unknown[]> => {
      const found: unknown[] = []
      for await (const row of jsonlRows(file)) found.push(row._tag === 'Right' ? preferenceOfRow(row.right) : row)
      return found
    }
    const wanted = JSON.stringify(pairs.map((right) => ({ _tag: 'Right', right })))
    const [first, second] = [await read(), await read()]
    return whole(holds('pairs', JSON.stringify(first) === wanted), holds('again', JSON.stringify(second) === wanted))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** DPO can be had from the package, and gives log 2 where policy and reference agree. */
const importable: Checker = () => {
  const same = tf.tensor1d([-3, -1])
  const pairs = {
    chosenLogProb: same,
    rejectedLogProb: same,
    referenceChosenLogProb: same,
    referenceRejectedLogProb: same,
  }
  return whole(inFloat32('terms', dpo({ beta: 0.1 })(pairs).terms.dataSync(), [Math.LN2, Math.LN2]))
}

/** What the reference systems get wrong, done. */
export const REGRESSIONS: readonly Row[] = [
  [/^reg_judge_regex/, judgeRegex],
  [/^reg_judge_length/, newTokens],
  [/^reg_sample_mask/, sampleMask],
  [/^reg_sample_position/, samplePosition],
  [/^reg_infinite_dpo/, endsOfItself],
  [/^reg_spin_modulo/, multiples],
  [/^reg_early_stop_direction/, stopsDownhill],
  [/^reg_external_rm/, scalarRewards],
  [/^reg_pair_break/, oneRowDropped],
  [/^reg_config_not_forwarded/, forwarded],
  [/^reg_pairwise_loader/, pairsOfFile],
  [/^reg_torchtune_dpo_import/, importable],
]
