import { type TokenMDP, type Weighted, enumerateCompletions, onlyTokens, tokenMDP } from '@gfnlm/env'
import { valueHead } from '@gfnlm/policy'
import { completionReward } from '@gfnlm/reward'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { STOP, completions, smallLlama, weighted } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { detailedBalanceTask, subTrajectoryBalanceTask } from './flow.ts'

const policy = smallLlama()
const head = valueHead(policy.config.hidden)
const forced = tokenMDP({ terminator: STOP, maxLength: 2, logitShift: onlyTokens(11, [4, 5, 6], STOP) })
const free: TokenMDP = { ...forced, leaf: 'free' }

/** log R of whole completions: the second of two tokens matters most. */
const logReward = (tokens: ArrayLike<number>): number => (tokens[0] ?? 0) / 4 + (tokens[1] === 5 ? 2 : 0)
const reward = completionReward(
  () => '',
  (judged) => judged.map(({ tokens }) => logReward(tokens)),
)

/** Every completion of both prompts. */
const everything = (mdp: TokenMDP): Promise<Weighted> => {
  const all = enumerateCompletions(mdp, 11)
  return weighted(
    completions(
      mdp,
      [...all, ...all].map((_, i) => [...all[Math.floor(i / 2)]!]),
    ),
    reward,
  )
}

test.each([
  ['sub-trajectory balance', forced, subTrajectoryBalanceTask(forced, { head, lambda: 0.9, rateScale: 3 })],
  ['detailed balance', forced, detailedBalanceTask(forced, { head, rateScale: 3 })],
  ['sub-trajectory balance, free leaf', free, subTrajectoryBalanceTask(free, { head, rateScale: 3 })],
])(
  '%s: the policy comes to the posterior, and the flow of the root to its partition function',
  async (_, mdp, task) => {
    const learner = trainer(policy, { task, learningRate: constant(0.01) })
    const batch = await everything(mdp)
    const first = await learner.update(batch)
    for (let update = 0; update < 140; update++) await learner.update(batch)
    const last = await learner.update(batch)
    expect(last['loss']).toBeLessThan(0.02 * first['loss']!)
    // 0 at the posterior, where log R − log P_F is log Z of every completion.
    expect(last['objective/logRatioVariance']).toBeLessThan(0.02 * first['objective/logRatioVariance']!)
    if (!task.name.startsWith('subtb') || mdp.leaf === 'free') return
    const logZ = Math.log(enumerateCompletions(mdp, 11).reduce((sum, z) => sum + Math.exp(logReward(z)), 0))
    expect(last['objective/logZ']).toBeCloseTo(logZ, 1)
  },
)

test('a flow has no share in what is not there: padding, dropped rows, states past the end', async () => {
  const update = async (change: (batch: Weighted) => Weighted) => {
    const learner = trainer(policy, { task: detailedBalanceTask(forced, { head }), learningRate: constant(0.01) })
    const keep = Uint8Array.of(1, 1, 0, 1)
    const batch = await weighted(completions(forced, [[4, 5], [6], [5], []]), reward)
    return { told: await learner.update(change({ ...batch, keep })), parameters: learner.state().parameters }
  }
  const rowOf = (cell: number): number => Math.floor(cell / 3)
  const spoiled = await update((batch) => ({
    ...batch,
    tokens: batch.tokens.map((token, cell) => (cell % 3 > batch.length[rowOf(cell)]! ? -1 : token)),
    logReward: batch.logReward.map((r, cell) => (rowOf(cell) === 2 ? Infinity : r)),
  }))
  expect(spoiled).toEqual(await update((batch) => batch))
})
