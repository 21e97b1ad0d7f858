import '@tensorflow/tfjs-backend-cpu'
import { prompts } from '@gfnlm/data'
import { type Annotated, tokenMDP } from '@gfnlm/env'
import { dpo, everyPair, firstTwo, kto, spin } from '@gfnlm/losses'
import { frozen } from '@gfnlm/policy'
import { type JudgeFunction, annotate, completionReward } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { sample, sampleBatch } from '@gfnlm/sampler'
import {
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  lastValueFrom,
  map,
  tap,
  toArray,
} from 'rxjs'
import { expect, test } from 'vitest'
import type { RunEvent } from '../events.ts'
import { judgedStep } from '../loss-step.ts'
import { constant } from '../schedule.ts'
import { STOP, completions, promptOf, smallLlama, weighted } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { type Tick, training } from '../training.ts'
import { onlineLabels, onlinePairs, selfPlayPairs } from './online-pairs.ts'
import { precomputed, withReference } from './pair-reference.ts'
import { preference } from './preference.ts'
import { ktoTask } from './unpaired-preference.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 3 })
const worth = (judge: (tokens: Int32Array) => number | null) =>
  completionReward(() => '', ((judged) => judged.map(({ tokens }) => judge(tokens))) as JudgeFunction)
const first = worth((tokens) => tokens[0] ?? -1)

/** Rows of two prompts in turn. */
const ROWS = [[2], [4, 5, 6], [7, 1], [4], [2, 2], [], [9, 9, 9], [3]]
const lists = ({ prompt, chosen, rejected }: { prompt: Int32Array; chosen: Int32Array; rejected: Int32Array }) =>
  [prompt, chosen, rejected].map((tokens) => [...tokens])

test('pairs are of one prompt, the best and the worst; a terminator is learned where the policy chose it', async () => {
  const { pairs, step } = onlinePairs()(await weighted(completions(mdp, ROWS), first))
  expect(step).toBe(0)
  expect(pairs.map(lists)).toEqual([
    [
      [3, 1, 4],
      [9, 9, 9],
      [2, STOP],
    ],
    [[7], [4, 5, 6], [STOP]],
  ])
})

test('what was not judged is in no pair; a gap is asked for; weights multiply', async () => {
  const batch = {
    ...(await weighted(
      completions(mdp, ROWS),
      worth((tokens) => (tokens[0] === 9 ? null : (tokens[0] ?? -1))),
    )),
    weight: Float32Array.from(ROWS, (_, row) => row + 1),
  }
  const found = (options: Parameters<typeof onlinePairs>[0]) =>
    onlinePairs(options)(batch).pairs.map(({ chosen, rejected, weight }) => [chosen[0], rejected[0], weight])
  expect(found({})).toEqual([
    [7, 2, 3],
    [4, STOP, 12],
  ])
  expect(found({ pick: firstTwo })).toEqual([
    [7, 2, 3],
    [4, 4, 8],
  ])
  expect(found({ pick: everyPair, minGap: 5 })).toEqual([
    [7, 2, 3],
    [7, 2, 15],
    [4, STOP, 12],
    [4, STOP, 24],
  ])
})

test('a batch without a pair changes nothing, and one that can have none is a fault', async () => {
  const same = await weighted(
    completions(mdp, ROWS),
    worth(() => 1),
  )
  const learner = trainer(smallLlama(), { task: preference(dpo()), learningRate: constant(0.1) })
  const before = [...learner.state().parameters]
  expect((await learner.update(onlinePairs()(same)))['loss']).toBe(0)
  expect([...learner.state().parameters]).toEqual(before)
  const alone = await weighted(completions(mdp, [[1], [2]]), first)
  expect(() => onlinePairs()(alone)).toThrow(expect.objectContaining({ _tag: 'CompletionsTooFew' }))
  expect(() => onlinePairs({ minGap: -1 })).toThrow('minGap must be at least 0')
})

test('labels are of completions that were judged, good from a reward on', async () => {
  const reward = worth((tokens) => (tokens[0] === 9 ? null : (tokens[0] ?? -1)))
  const { completions: labelled } = onlineLabels({ desirable: 4 })(await weighted(completions(mdp, ROWS), reward))
  expect(labelled.map(({ completion, desirable }) => [completion[0], desirable])).toEqual([
    [2, false],
    [4, true],
    [7, true],
    [4, true],
    [2, false],
    [STOP, false],
    [3, false],
  ])
})

const fours = (tokens: Int32Array): number => tokens.filter((token) => token === 4).length

/** How many fours the completions of each step had in the mean, and the run's events. */
const learning = async (
  learner: Parameters<typeof sample>[0],
  end: OperatorFunction<Annotated & { readonly weight: Float32Array }, RunEvent>,
): Promise<{ readonly means: readonly number[]; readonly events: readonly RunEvent[] }> => {
  const means: number[] = []
  const observe: MonoTypeOperatorFunction<Annotated> = tap(({ tokens, rows }) => means.push(fours(tokens) / rows))
  const pipeline = (ticks: Observable<Tick>) =>
    ticks.pipe(
      prompts([promptOf('a', [3, 1, 4]), promptOf('b', [7])], { perStep: 2 }),
      sample(learner, { mdp: tokenMDP({ terminator: STOP, maxLength: 4, minLength: 4 }), perPrompt: 8 }),
      annotate(worth(fours)),
      observe,
      reweight(uniform),
      end,
    )
  const events = await lastValueFrom(training({ name: 'on line', steps: 24, seed: 2 }, pipeline).pipe(toArray()))
  return { means, events }
}

const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length

test('Online DPO on the pairs of its own completions brings a policy to what is rewarded', async () => {
  const learner = trainer(smallLlama(), { task: preference(dpo()), learningRate: constant(0.05) })
  const { means, events } = await learning(learner, (batches$) =>
    batches$.pipe(map(onlinePairs()), judgedStep(learner)),
  )
  expect(mean(means.slice(0, 2))).toBeLessThan(1)
  expect(mean(means.slice(-2))).toBeGreaterThan(2)
  const last = events.findLast(({ type }) => type === 'step')
  expect(last).toMatchObject({ metrics: { reward: means.at(-1), 'rewards/accuracies': expect.any(Number) } })
})

test('so does KTO on their labels', async () => {
  const learner = trainer(smallLlama(), { task: ktoTask(kto()), learningRate: constant(0.05) })
  const { means } = await learning(learner, (batches$) =>
    batches$.pipe(map(onlineLabels({ desirable: 1 })), judgedStep(learner)),
  )
  expect(mean(means.slice(0, 2))).toBeLessThan(1)
  expect(mean(means.slice(-2))).toBeGreaterThan(1.5)
})

test('self-play makes what somebody wrote likelier than what the last iterate writes', async () => {
  const policy = smallLlama()
  const learner = trainer(policy, {
    task: preference(spin(), { reference: precomputed }),
    learningRate: constant(0.02),
  })
  const target = Int32Array.of(4, 4, STOP)
  const asked = { seed: 3, prompts: [promptOf('a', [3, 1, 4]), promptOf('b', [7])] }
  const margins: number[] = []
  for (const iteration of [0, 1]) {
    const opponent = frozen(policy, learner.trainable())
    const batch = await sampleBatch(opponent, { mdp, perPrompt: 8 })({ ...asked, step: iteration })
    const { pairs } = selfPlayPairs(batch, () => target)
    expect(pairs.map(({ chosen }) => [...chosen])).toEqual(pairs.map(() => [...target]))
    const referred = await withReference(opponent, pairs)
    for (let update = 0; update < 6; update++)
      margins.push((await learner.update({ pairs: referred }))['rewards/margins']!)
  }
  // Every iterate is its own reference: it starts from no margin.
  for (const from of [0, 6]) {
    expect(margins[from]).toBeCloseTo(0, 4)
    expect(margins[from + 5]!).toBeGreaterThan(0.1)
  }
})
