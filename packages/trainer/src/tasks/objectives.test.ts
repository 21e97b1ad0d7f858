import { type Weighted, tokenMDP } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import { reference } from '@gfnlm/policy'
import { type Reward, likelihood } from '@gfnlm/reward'
import { right } from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { adamw } from '../optimizer/adamw.ts'
import { constant } from '../schedule.ts'
import { STOP, completions, promptOf, smallLlama, weighted } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { contrastiveTB, trajectoryBalanceTask, varGrad } from './gflownet.ts'
import { logZHead, logZTable } from './log-z.ts'
import { flowRLTask, normalisedRewards, relativeTB, relativeVarGrad, tba, trustPCLTask } from './relative.ts'
import { entropicPPOTask, softPG } from './soft-policy-gradient.ts'
import type { Task } from './task.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 3 })
const policy = smallLlama()
const ROWS = [[1, 2, 3], [5], [6, 6], [9, 8, 2], [1, 1], [2, 7], [3], [4, 4, 4]]

/** A reward of whole completions between −2 and 2. */
const reward: Reward = ({ tokens }) =>
  right({ logReward: Float32Array.from(tokens, (token, cell) => 2 * Math.sin(cell + 5 * token)) }) as never
const batch = await weighted(completions(mdp, ROWS), reward)

const learnerOf = (task: Task<Weighted>) => trainer(policy, { task, optimizer: adamw(), learningRate: constant(0.02) })

/** A metric of the first update and of the fortieth. */
const learning = async (task: Task<Weighted>, metric = 'loss'): Promise<readonly [number, number]> => {
  const learner = learnerOf(task)
  const first = (await learner.update(batch))[metric]!
  for (let update = 2; update < 40; update++) await learner.update(batch)
  return [first, (await learner.update(batch))[metric]!]
}

test.each([
  ['relativeTB', relativeTB(mdp, { beta: 0.5 })],
  ['relativeVarGrad', relativeVarGrad(mdp)],
  ['trust-PCL', trustPCLTask(mdp, { alpha: 2 })],
  ['TBA', tba(mdp, { beta: 0.5 })],
  ['contrastive TB', contrastiveTB(mdp)],
  ['FlowRL', flowRLTask(mdp, { beta: 1 })],
  ['TB with a table of log Z', trajectoryBalanceTask(mdp, { logZ: logZTable(['a', 'b']), rateScale: 5 })],
  ['TB with a log Z read off the prompt', trajectoryBalanceTask(mdp, { logZ: logZHead(policy.config.hidden) })],
])('learning by %s lowers its loss', async (_, task) => {
  const [first, last] = await learning(task)
  expect(last).toBeLessThan(0.5 * first)
})

test.each([
  ['soft policy gradient', softPG(mdp)],
  ['soft policy gradient, λ = 0.9', softPG(mdp, { lambda: 0.9 })],
  ['entropic PPO', entropicPPOTask(mdp)],
])('learning by %s brings the policy nearer to the posterior of each prompt', async (_, task) => {
  /** The variance of log R − log P_F within prompts, which is 0 at the posterior. */
  const certificate = async (learner: ReturnType<typeof learnerOf>): Promise<number> => {
    const judge = learnerOf(varGrad(mdp))
    judge.restore(learner.state())
    return (await judge.update(batch))['objective/logRatioVariance']!
  }
  const learner = learnerOf(task)
  const before = await certificate(learner)
  for (let update = 0; update < 40; update++) await learner.update(batch)
  expect(await certificate(learner)).toBeLessThan(0.5 * before)
})

test('where the reward is flat and the policy still the prior, nothing is to be learned relative to it', async () => {
  const flat = { ...batch, logReward: new Float32Array(batch.logReward.length).fill(0.7) }
  for (const task of [relativeVarGrad(mdp), tba(mdp, { beta: 0.1 })]) {
    const metrics = await learnerOf(task).update(flat)
    expect(metrics['loss']).toBeLessThan(1e-9)
    expect(metrics['kl']).toBeCloseTo(0, 5)
  }
})

describe('log Z', () => {
  test('is learned for each prompt of a table, and a prompt that is not in it is told', async () => {
    const learner = learnerOf(trajectoryBalanceTask(mdp, { logZ: logZTable(['z', 'a', 'b'], 0.5) }))
    await learner.update(batch)
    const { entries } = learner.layout
    const { offset } = entries.find(({ name }) => name === 'task:logZ')!
    const [z, a, b] = learner.state().parameters.subarray(offset, offset + 3)
    expect(z).toBe(0.5)
    expect([a, b]).not.toContain(0.5)
    const stranger = learnerOf(trajectoryBalanceTask(mdp, { logZ: logZTable(['a']) }))
    const told = { _tag: 'PromptUnknown', message: expect.stringContaining("'b'") }
    await expect(stranger.update(batch)).rejects.toMatchObject(told)
  })

  test('of a head is a number a prompt, whatever pads it, and the same whether rows share a trunk or not', async () => {
    const source = logZHead(policy.config.hidden, 0.25)
    const weight = hostTensor(Float32Array.from({ length: policy.config.hidden }, (_, i) => Math.cos(i)))
    const parameters = { ...source.parameters, 'logZ.weight': weight }
    const task = trajectoryBalanceTask(mdp, { logZ: { ...source, parameters } })
    const logZ = async (of: Weighted): Promise<number> => (await learnerOf(task).update(of))['objective/logZ']!
    const only = (prompt: number): Weighted => ({
      ...batch,
      keep: Uint8Array.from(batch.group, (g) => Number(g === prompt)),
    })
    const [a, b] = [await logZ(only(0)), await logZ(only(1))]
    expect(Math.abs(a - b)).toBeGreaterThan(1e-3)
    expect(await logZ(batch)).toBeCloseTo((a + b) / 2, 4)
    const wide = promptOf('wide', [2, 2, 2, 2, 2, 2, 2, 2, 2])
    expect(await logZ({ ...only(0), prompts: [batch.prompts[0]!, wide] })).toBeCloseTo(a, 4)
  })
})

test('a row of weight 0 whose reward is not finite reaches no parameter', async () => {
  const worthless = { ...batch, logReward: batch.logReward.map((x, cell) => (cell < batch.width ? -Infinity : x)) }
  const weight = batch.weight.map((x, row) => (row === 0 ? 0 : x))
  const learner = learnerOf(trajectoryBalanceTask(mdp))
  expect((await learner.update({ ...worthless, weight }))['loss']).toBeGreaterThan(0)
  expect(learner.state().parameters.every(Number.isFinite)).toBe(true)
})

test('rewards are normalised within their prompt over the rows that have one', async () => {
  const judged = await weighted(completions(mdp, ROWS), likelihood(reference(policy)))
  const found = normalisedRewards({ ...judged, keep: Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 1) })
  const even = [0, 2, 4].map((row) => found[row]!)
  expect(even.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4)
  expect(even.reduce((sum, x) => sum + x * x, 0) / 2).toBeCloseTo(1, 4)
  expect(found[6]).toBeNaN()
})
