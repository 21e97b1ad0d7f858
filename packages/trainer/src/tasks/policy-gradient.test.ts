import { type TokenMDP, type Weighted, terminalReward, tokenMDP } from '@gfnlm/env'
import type { HostTensor } from '@gfnlm/jit'
import { groupAdvantages, gspo, leaveOneOut, ppoPolicy } from '@gfnlm/losses'
import type { Policy } from '@gfnlm/policy'
import { completionReward } from '@gfnlm/reward'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { expect, test } from 'vitest'
import { sgd } from '../optimizer/sgd.ts'
import { constant } from '../schedule.ts'
import { STOP, completions, promptOf, smallLlama, weighted } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { grpoTask, policyGradientTask, reinforceTask, rlooTask } from './policy-gradient.ts'
import type { Task } from './task.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })

/** A token that the policy is to learn to say. */
const WANTED = 5
const wanted = completionReward(
  () => '',
  (judged) => judged.map(({ tokens }) => tokens.filter((token) => token === WANTED).length / mdp.maxLength),
)

const prompts = [promptOf('a', [3, 1, 4]), promptOf('b', [7])]

/** Trains on its own completions; gives the mean reward of every step's. */
const rewardsOf = async (task: Task<Weighted>, steps: number): Promise<number[]> => {
  const learner = trainer(smallLlama(), { task, learningRate: constant(0.05) })
  const decoder = decoderOf(learner.policy)
  const means: number[] = []
  for (let step = 0; step < steps; step++) {
    const drawn = await sampleBatch(learner, { mdp, perPrompt: 16 }, decoder)({ step, seed: 1, prompts })
    const batch = await weighted(drawn, wanted)
    const metrics = await learner.update(batch)
    expect(Number.isFinite(metrics['loss'])).toBe(true)
    means.push(mean([...terminalReward(batch)]))
  }
  return means
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

test.each([
  ['reinforceTask', reinforceTask(mdp)],
  ['rlooTask', rlooTask(mdp)],
  ['grpoTask', grpoTask(mdp, { scale: 'none' })],
  ['grpoTask, held near the reference', grpoTask(mdp, { beta: 0.01, onlyInformative: true })],
])('%s: the policy learns to say what is rewarded', async (_, task) => {
  const rewards = await rewardsOf(task, 24)
  expect(mean(rewards.slice(0, 3))).toBeLessThan(0.25)
  expect(mean(rewards.slice(-3))).toBeGreaterThan(0.6)
})

const ROWS = [[1, 5, 3, 4], [5], [6, 6, 6], [9, 8], [1, 5, 1, 5], [2, 7]]

type Change = (batch: Weighted) => Weighted

/** Two updates from ROWS: B of the adapter starts at 0, so that A moves from the second on only. */
const updates = async (policy: Policy, task: Task<Weighted>, change: Change = (batch) => batch) => {
  const learner = trainer(policy, { task, learningRate: constant(0.1), optimizer: sgd() })
  const batch = change(await weighted(completions(mdp, ROWS), wanted))
  await learner.update(batch)
  return { metrics: await learner.update(batch), parameters: learner.state().parameters }
}

/** Rewards of whole completions, by row, replaced. */
const rewarded =
  (change: (reward: number, row: number) => number): Change =>
  (batch) => {
    const rowOf = (cell: number): number => Math.floor(cell / batch.width)
    const logReward = batch.logReward.map((r, cell) => (Number.isNaN(r) ? r : change(r, rowOf(cell))))
    return { ...batch, logReward }
  }

test('before the first update the ratio is 1 and the policy has not moved', async () => {
  const task = policyGradientTask(mdp, { name: 'ppo', loss: ppoPolicy(), advantages: leaveOneOut })
  const learner = trainer(smallLlama(), { task, learningRate: constant(0.05) })
  const draw = sampleBatch(learner, { mdp, perPrompt: 8 }, decoderOf(learner.policy))
  const metrics = await learner.update(await weighted(await draw({ step: 0, seed: 1, prompts }), wanted))
  expect(metrics['val/ratio']).toBeCloseTo(1, 5)
  expect(metrics['policy/approxkl_avg']).toBeLessThan(1e-10)
  expect(metrics['objective/clip_fraction']).toBe(0)
})

test.each([
  ['reinforce', reinforceTask(mdp)],
  ['grpo with a reference', grpoTask(mdp, { beta: 0.1 })],
  [
    'gspo',
    policyGradientTask(mdp, {
      name: 'gspo',
      loss: gspo({ epsilon: 0.2, epsilonHigh: 0.2 }),
      advantages: groupAdvantages,
    }),
  ],
])('%s: rows that share their prompt make the update of rows apart, and padding is not read', async (_, task) => {
  const policy = smallLlama()
  const { branched: _branched, ...plain } = policy
  const [together, apart] = [await updates(policy, task), await updates(plain, task)]
  together.parameters.forEach((value, i) => expect(Math.abs(value - apart.parameters[i]!)).toBeLessThan(1e-5))
  const padded = (batch: Weighted): Weighted => {
    const past = (cell: number): boolean => cell % batch.width > batch.length[Math.floor(cell / batch.width)]!
    return {
      ...batch,
      tokens: batch.tokens.map((token, cell) => (past(cell) ? -1 : token)),
      tokenWeight: Float32Array.from(batch.tokens, (_, cell) => (past(cell) ? NaN : 1)),
    }
  }
  expect(await updates(policy, task, padded)).toEqual(together)
})

test('a completion that could not be judged changes nothing, whatever it holds', async () => {
  const keep = Uint8Array.of(1, 1, 0, 1, 1, 1)
  const dropped = (reward: number) =>
    updates(smallLlama(), grpoTask(mdp), (batch) => ({
      ...rewarded((r, row) => (row === 2 ? reward : r))(batch),
      keep,
    }))
  expect(await dropped(7)).toEqual(await dropped(0))
})

test('prompts whose completions are worth the same may be left out of the mean', async () => {
  // Rows 1, 3 and 5 are the second prompt's.
  const even = rewarded((r, row) => (row % 2 === 1 ? 1 : r))
  const alone: Change = (batch) => ({ ...even(batch), keep: Uint8Array.of(1, 0, 1, 0, 1, 0) })
  const informative = await updates(smallLlama(), grpoTask(mdp, { onlyInformative: true }), even)
  const first = await updates(smallLlama(), grpoTask(mdp), alone)
  informative.parameters.forEach((value, i) => expect(value).toBeCloseTo(first.parameters[i]!, 6))
  const all = await updates(smallLlama(), grpoTask(mdp), even)
  expect(all.metrics['grad_norm']!).toBeLessThan(0.7 * informative.metrics['grad_norm']!)
})

test('completions that were cut off may be left out of the mean, and stay in what others are compared with', async () => {
  const batch = await weighted(completions(mdp, ROWS), wanted)
  const [all, ended] = [grpoTask(mdp), grpoTask(mdp, { onlyEnded: true })].map((task) => task.pack(batch)) as Record<
    string,
    HostTensor
  >[]
  expect(ended!['advantage']!.data).toEqual(all!['advantage']!.data)
  const tokens = ({ mask }: Record<string, HostTensor>): number[] =>
    ROWS.map((_, row) =>
      [...mask!.data.subarray(row * batch.width, (row + 1) * batch.width)].reduce((a, b) => a + b, 0),
    )
  expect(tokens(all!)).toEqual([4, 2, 4, 3, 4, 3])
  expect(tokens(ended!)).toEqual([0, 2, 4, 3, 0, 3])
})

test('a forced stop is no choice: its column is in no mean', async () => {
  const maskOf = async (within: TokenMDP): Promise<number[][]> => {
    const batch = await weighted(completions(within, ROWS), wanted)
    const { mask } = grpoTask(within).pack(batch) as Record<string, HostTensor>
    return [0, 1].map((row) => [...mask!.data.subarray(row * batch.width, (row + 1) * batch.width)])
  }
  expect(await maskOf(mdp)).toEqual([
    [1, 1, 1, 1, 0],
    [1, 1, 0, 0, 0],
  ])
  expect(await maskOf({ ...mdp, leaf: 'free' })).toEqual([
    [1, 1, 1, 1, 1],
    [1, 1, 0, 0, 0],
  ])
})

test('an infinite reward is a fault that names its row', async () => {
  const infinite = rewarded((r, row) => (row === 0 ? -Infinity : r))
  const failed = updates(smallLlama(), rlooTask(mdp), infinite)
  await expect(failed).rejects.toMatchObject({ _tag: 'RewardNotFinite', detail: { row: 0 } })
})

test('a policy that has not moved is at no distance from its reference', async () => {
  const batch = await weighted(completions(mdp, ROWS), wanted)
  const learner = trainer(smallLlama(), { task: rlooTask(mdp, { beta: 0.1 }), learningRate: constant(0.05) })
  expect((await learner.update(batch))['kl']).toBe(0)
  expect((await learner.update(batch))['kl']).toBeGreaterThan(0)
})

/** A batch of known log-probabilities: what a choice says beyond the reference is a tenth of its column. */
const referred: Change = (batch) => ({
  ...batch,
  logPF: Float32Array.from(batch.tokens, (_, cell) => (cell % batch.width) / 10 - 2),
  referenceLogProb: new Float32Array(batch.tokens.length).fill(-2),
})

test('a divergence from the reference costs klCoefficient a nat in the reward, whatever stands past a forced stop', async () => {
  const worth = [1, 0, 0.5, 2, 3, 1]
  const given = rewarded((_, row) => worth[row]!)(await weighted(completions(mdp, ROWS), wanted))
  const batch = referred({ ...given, rewardTemperature: 2 })
  const kl = ROWS.map((row) => Array.from({ length: Math.min(row.length + 1, mdp.maxLength) }, (_, t) => t / 10))
  const worths = worth.map((r, row) => r / 2 - 0.5 * kl[row]!.reduce((a, b) => a + b, 0))
  const expected = worths.map((r, row) => r - mean([0, 2, 4].map((i) => worths[(row + i) % 6]!).slice(1)))
  const { advantage } = rlooTask(mdp, { klCoefficient: 0.5 }).pack(batch) as Record<string, HostTensor>
  expected.forEach((value, row) => expect(advantage!.data[row]).toBeCloseTo(value, 5))
  const parts = rlooTask(mdp, { klCoefficient: 0.5 }).packParts!(batch, 2) as unknown as Record<string, HostTensor>[]
  expect(parts.flatMap((part) => [...part['advantage']!.data])).toEqual([...advantage!.data])
})

test('the KL in the reward needs what the reference says', async () => {
  const without = updates(smallLlama(), rlooTask(mdp, { klCoefficient: 0.05 }))
  await expect(without).rejects.toMatchObject({ _tag: 'ReferenceMissing' })
  expect(() => grpoTask(mdp, { klCoefficient: -1 })).toThrow('klCoefficient must be at least 0, found -1')
})

test.each([
  ['reinforce', reinforceTask(mdp, { entropyBonus: 0.5 })],
  ['rloo', rlooTask(mdp, { entropyBonus: 0.5 })],
  ['grpo', grpoTask(mdp, { entropyBonus: 0.5 })],
])('%s: where nothing is better than anything else, an entropy bonus makes the policy more even', async (_, task) => {
  const learner = trainer(smallLlama(), { task, learningRate: constant(0.02) })
  const batch = rewarded(() => 1)(await weighted(completions(mdp, ROWS), wanted))
  const entropies: number[] = []
  for (let step = 0; step < 12; step++) entropies.push((await learner.update(batch))['entropy']!)
  expect(entropies[0]).toBeLessThan(2)
  expect(entropies.at(-1)).toBeGreaterThan(entropies[0]! + 0.1)
  expect(Math.max(...entropies)).toBeLessThan(Math.log(11))
})

test.each([
  ['grpo', (epsilon: number) => grpoTask(mdp, { epsilon, scale: 'none' })],
  ['rloo', (epsilon: number) => rlooTask(mdp, { epsilon })],
])('%s: ε is that of the clip', async (_, task) => {
  const clippedBy = async (epsilon: number): Promise<number> => {
    const learner = trainer(smallLlama(), { task: task(epsilon), learningRate: constant(0.3), optimizer: sgd() })
    const batch = referred(await weighted(completions(mdp, ROWS), wanted))
    await learner.update(batch)
    return (await learner.update(batch))['clip_ratio/region_mean']!
  }
  expect(await clippedBy(0.01)).toBeGreaterThan(0)
  expect(await clippedBy(1)).toBeLessThan(await clippedBy(0.01))
})
