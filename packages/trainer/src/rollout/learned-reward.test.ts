import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Annotated, type Fault, fold, keyOf, tokenMDP, uniformInt } from '@gfnlm/env'
import { prompts } from '@gfnlm/data'
import {
  loadClassifier,
  readHead,
  readPeft,
  saveAdapter,
  saveHead,
  savePretrained,
  scoreHead,
  valueHead,
} from '@gfnlm/policy'
import { annotate, annotateBatch, rewardModelScore } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { sample } from '@gfnlm/sampler'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type MonoTypeOperatorFunction, lastValueFrom, tap } from 'rxjs'
import { afterAll, expect, test } from 'vitest'
import { lossStep } from '../loss-step.ts'
import { constant } from '../schedule.ts'
import { rlooTask } from '../tasks/policy-gradient.ts'
import { ppo } from '../tasks/ppo.ts'
import { type PreferredText, rewardModel } from '../tasks/reward-model.ts'
import { STOP, completions, promptOf, smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { training } from '../training.ts'
import { ppoRollouts } from './ppo-rollouts.ts'
import { ppoStep } from './ppo-step.ts'
import { referenceLogProbs } from './reference-log-probs.ts'

/** What people are made out to like: the token 5. */
const LIKED = 5
const liking = (tokens: Iterable<number>): number => [...tokens].filter((token) => token === LIKED).length

const mdp = tokenMDP({ terminator: STOP, maxLength: 4, minLength: 4 })
const PROMPTS = [promptOf('a', [3, 1, 4]), promptOf('b', [7])]

const rightOf = async <A>(task: TaskEither<Fault, A>): Promise<A> => {
  const result = await task()
  if (isLeft(result)) throw result.left
  return result.right
}

/** Completions of the prompts, the one with more of what is liked preferred. */
const preferences = Array.from({ length: 60 }, (_, pair): readonly Int32Array[] =>
  ['a', 'b'].map((side) => {
    const key = fold(keyOf(4), side, pair)
    const tokens = Array.from({ length: mdp.maxLength }, (_, t) => uniformInt(key, STOP, t))
    return Int32Array.of(...PROMPTS[pair % 2]!.tokens, ...tokens)
  }),
).flatMap(([a, b]): PreferredText[] => {
  const lead = liking(a!) - liking(b!)
  return lead === 0 ? [] : [lead > 0 ? { chosen: a!, rejected: b! } : { chosen: b!, rejected: a! }]
})

const directory = await mkdtemp(join(tmpdir(), 'gfnlm-reward-model-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

const base = smallLlama(8)
const judge = trainer(base, {
  task: rewardModel({ head: scoreHead(base.config.hidden, 1) }),
  learningRate: constant(0.03),
})
for (let step = 0; step < 60; step++) await judge.update({ pairs: preferences })
await rightOf(savePretrained(base, judge.trainable(), join(directory, 'whole'), { score: judge.own() }))
await rightOf(saveAdapter(base, judge.trainable(), join(directory, 'adapter')))
await rightOf(saveHead('score', judge.own(), join(directory, 'adapter'), base.config.hidden))

const reward = rewardModelScore(await rightOf(loadClassifier(join(directory, 'whole'))))

test('a trained reward model judges as it did, saved whole or as an adapter with its head beside it', async () => {
  const batch = completions(mdp, [
    [1, 5, 5, 2],
    [9, 8, 8, 1],
    [5, 5, 5, 5],
    [1, 5, 0, 3],
  ])
  const { config } = base
  const [peft, head] = [
    await rightOf(readPeft(join(directory, 'adapter'), config)),
    await rightOf(readHead('score', join(directory, 'adapter'), config.hidden)),
  ]
  const judged = await Promise.all(
    [
      rewardModelScore({ policy: base, trainable: judge.trainable(), head: judge.own() }),
      reward,
      rewardModelScore({ policy: { ...base, trainable: peft.tensors }, head }),
    ].map(async (by) => (await annotateBatch(by)(batch)).logReward),
  )
  const [first, ...others] = judged.map((logReward) => [4, 9, 14, 19].map((cell) => logReward[cell]!))
  for (const other of others) other.forEach((score, row) => expect(score).toBeCloseTo(first![row]!, 4))
  expect(first![2]).toBeGreaterThan(first![0]!)
  expect(first![0]).toBeGreaterThan(first![1]!)
})

/** Runs, and says how much of what is liked the completions of each step have in the mean. */
const likedBy = async (
  steps: number,
  learning: (observe: MonoTypeOperatorFunction<Annotated>) => Parameters<typeof training>[1],
): Promise<readonly number[]> => {
  const means: number[] = []
  const observe = tap((batch: Annotated) => means.push(liking(batch.tokens) / batch.rows))
  await lastValueFrom(training({ name: 'learned reward', steps, seed: 1 }, learning(observe)))
  return means
}

const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length

test('PPO brings a policy to what the reward model learned from preferences', async () => {
  const policy = smallLlama()
  const task = ppo(mdp, { head: valueHead(policy.config.hidden) })
  const learner = trainer(policy, { task, learningRate: constant(0.02) })
  const means = await likedBy(
    12,
    (observe) => (ticks) =>
      ticks.pipe(
        prompts(PROMPTS, { perStep: 2 }),
        sample(learner, { mdp, perPrompt: 12 }),
        annotate(reward),
        observe,
        reweight(uniform),
        ppoRollouts(mdp, learner),
        ppoStep(learner, { epochs: 4, minibatches: 2 }),
      ),
  )
  expect(mean(means.slice(0, 2))).toBeLessThan(1)
  expect(mean(means.slice(-2))).toBeGreaterThan(2)
})

test('so does RLOO with its KL in the reward', async () => {
  const task = rlooTask(mdp, { klCoefficient: 0.05 })
  const learner = trainer(smallLlama(), { task, learningRate: constant(0.05) })
  const means = await likedBy(
    24,
    (observe) => (ticks) =>
      ticks.pipe(
        prompts(PROMPTS, { perStep: 2 }),
        sample(learner, { mdp, perPrompt: 12 }),
        annotate(reward),
        observe,
        reweight(uniform),
        referenceLogProbs(mdp, learner),
        lossStep(learner),
      ),
  )
  expect(mean(means.slice(0, 2))).toBeLessThan(1)
  expect(mean(means.slice(-2))).toBeGreaterThan(2)
})
