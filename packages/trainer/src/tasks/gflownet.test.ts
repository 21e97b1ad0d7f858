import { type TokenMDP, type Weighted, exceptTokens, tokenMDP } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'
import { type PretrainedPolicy, frozen, reference } from '@gfnlm/policy'
import { likelihood } from '@gfnlm/reward'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { STOP, completions, smallLlama, weighted } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import type { Metrics } from '../events.ts'
import { sgd } from '../optimizer/sgd.ts'
import { modifiedDB, modifiedSubTB, trajectoryBalanceTask, varGrad } from './gflownet.ts'
import type { Task } from './task.ts'

const ROWS = [[1, 2, 3, 4], [5], [6, 6, 6], [9, 8], [1, 1, 1, 1], [2, 7]]
const forced = tokenMDP({ terminator: STOP, maxLength: 4 })
const free: TokenMDP = { ...forced, leaf: 'free' }

/** The metrics of a first update from ROWS, judged by the frozen model behind the policy. */
const lossOf = async (
  policy: PretrainedPolicy,
  task: Task<Weighted>,
  mdp: TokenMDP,
  padding: number = STOP,
): Promise<Metrics> => {
  const batch = await weighted(completions(mdp, ROWS, padding), likelihood(reference(policy)))
  return trainer(policy, { task, learningRate: constant(1e-3) }).update(batch)
}

test('policy = reward model, T = 1, free leaf: modified SubTB and DB are 0 before anything is learned', async () => {
  const policy = smallLlama()
  const subTB = await lossOf(policy, modifiedSubTB(free), free)
  expect(subTB['loss']).toBeLessThan(1e-9)
  expect(subTB['grad_norm']).toBeLessThan(1e-4)
  expect((await lossOf(policy, modifiedDB(free), free))['loss']).toBeLessThan(1e-9)
  // The same policy is not at its optimum where the last state is forced to stop.
  expect((await lossOf(policy, modifiedSubTB(forced), forced))['loss']).toBeGreaterThan(0.01)
})

test('policy = reward model, free leaf: TB at log Z = 0 and VarGrad are 0 too', async () => {
  const policy = smallLlama()
  expect((await lossOf(policy, trajectoryBalanceTask(free), free))['loss']).toBeLessThan(1e-9)
  expect((await lossOf(policy, varGrad(free), free))['loss']).toBeLessThan(1e-9)
})

test('an adapter with B = 0 gives the log-probs of the base to the bit', async () => {
  const policy = smallLlama()
  const bits = async (state: ReturnType<typeof frozen>): Promise<Int32Array> => {
    const { logReward } = await weighted(completions(free, ROWS), likelihood(state))
    return new Int32Array(logReward.buffer)
  }
  const base = await bits(reference(policy))
  expect(await bits(frozen(policy))).toEqual(base)
  // B is what makes the difference.
  const moved = Object.fromEntries(
    Object.entries(policy.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (x) => x + 0.01),
        shape,
      ),
    ]),
  )
  expect(await bits(frozen(policy, moved))).not.toEqual(base)
})

/** Token 0 has an embedding that is not a number. */
const poisoned = (policy: PretrainedPolicy): PretrainedPolicy => {
  const name = 'model.embed_tokens.weight'
  const { data, shape } = policy.constants[name] as HostTensor
  return {
    ...policy,
    constants: {
      ...policy.constants,
      [name]: hostTensor(
        Float32Array.from(data, (x, i) => (i < shape[1]! ? NaN : x)),
        shape,
      ),
    },
  }
}

test.each([
  ['SubTB', modifiedSubTB],
  ['VarGrad', varGrad],
] as const)('%s: padding never changes a loss or a gradient', async (_, task) => {
  const policy = smallLlama()
  const plain = await lossOf(policy, task(forced), forced)
  expect(await lossOf(poisoned(policy), task(forced), forced, 0)).toEqual(plain)
  // An id outside the vocabulary.
  expect(await lossOf(policy, task(forced), forced, -1)).toEqual(plain)
})

test('a row whose reward failed changes nothing, whatever it holds', async () => {
  const policy = smallLlama()
  const learner = () => trainer(policy, { task: varGrad(forced), learningRate: constant(1e-2) })
  const judged = await weighted(completions(forced, ROWS), likelihood(reference(policy)))
  const keep = Uint8Array.of(1, 1, 0, 1, 1, 1)
  const [a, b] = [learner(), learner()]
  await a.update({ ...judged, keep })
  const logReward = judged.logReward.map((r, cell) => (Math.floor(cell / judged.width) === 2 ? NaN : r))
  await b.update({ ...judged, keep, logReward })
  expect(b.state().parameters).toEqual(a.state().parameters)
})

test.each([
  ['SubTB', modifiedSubTB, forced],
  ['DB', modifiedDB, { ...forced, leaf: 'free' }],
  ['VarGrad', varGrad, forced],
  ['TB', trajectoryBalanceTask, forced],
] as const)(
  '%s: rows that share their prompt make the update of rows apart, ragged, in any order, one dropped',
  async (_, taskOf, mdp) => {
    const [policy, task] = [smallLlama(), taskOf(mdp)]
    const { branched: _branched, ...plain } = policy
    const judged = await weighted(
      { ...completions(mdp, ROWS), group: Int32Array.of(0, 1, 0, 0, 1, 0) },
      likelihood(reference(policy)),
      0.7,
    )
    const batch = { ...judged, keep: Uint8Array.of(1, 1, 1, 0, 1, 1), weight: Float32Array.of(1, 2, 0.5, 1, 1, 1) }
    const learn = async (learner: typeof plain) => {
      const { update, state } = trainer(learner, { task, learningRate: constant(0.1), optimizer: sgd() })
      await update(batch)
      // B starts at 0: from the second update on A moves, too.
      return { metrics: await update(batch), parameters: state().parameters }
    }
    const [together, apart] = [await learn(policy), await learn(plain)]
    for (const [name, value] of Object.entries(apart.metrics))
      expect(Math.abs(together.metrics[name]! - value), name).toBeLessThan(1e-5 * (1 + Math.abs(value)))
    together.parameters.forEach((value, i) => expect(Math.abs(value - apart.parameters[i]!)).toBeLessThan(1e-5))
  },
)

const masked = tokenMDP({ terminator: STOP, maxLength: 4, minLength: 2, logitShift: exceptTokens(11, [0]) })
const LONG = ROWS.filter((row) => row.length >= 2)

test.each([
  ['SubTB', modifiedSubTB(masked)],
  ['DB', modifiedDB(masked)],
  ['VarGrad', varGrad(masked)],
  ['TB', trajectoryBalanceTask(masked, { rateScale: 10 })],
])('%s learns under a minimum length and a vocabulary mask', async (_, task) => {
  const policy = smallLlama()
  const batch = await weighted(completions(masked, LONG), likelihood(reference(policy)))
  const learner = trainer(policy, { task, learningRate: constant(0.02) })
  const first = await learner.update(batch)
  for (let step = 0; step < 60; step++) await learner.update(batch)
  const last = await learner.update(batch)
  expect(first['loss']!).toBeGreaterThan(0)
  expect(last['loss']!).toBeLessThan(first['loss']! / 4)
})

test('an objective of prefixes refuses a reward of whole completions, and says what to use', async () => {
  const policy = smallLlama()
  const batch = await weighted(completions(forced, ROWS), likelihood(reference(policy)))
  const whole = batch.logReward.map((r, i) => (i % batch.width === batch.length[Math.floor(i / batch.width)] ? r : NaN))
  const learner = trainer(policy, { task: modifiedSubTB(forced), learningRate: constant(1e-3) })
  await expect(learner.update({ ...batch, logReward: whole })).rejects.toMatchObject({ _tag: 'RewardNotForPrefixes' })
  const able = trainer(policy, { task: varGrad(forced), learningRate: constant(1e-3) })
  expect((await able.update({ ...batch, logReward: whole }))['loss']).toBeGreaterThan(0)
})

test('trajectory balance of a frozen policy is refused: log Z alone is nothing to learn', async () => {
  const policy = { ...smallLlama(), trainable: {} }
  await expect(lossOf(policy, trajectoryBalanceTask(forced), forced)).rejects.toMatchObject({ _tag: 'NothingToTrain' })
})
