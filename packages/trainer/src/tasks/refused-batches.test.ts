import { type TokenMDP, type Trajectories, tokenMDP } from '@gfnlm/env'
import { valueHead } from '@gfnlm/policy'
import { completionReward } from '@gfnlm/reward'
import { expect, test } from 'vitest'
import { STOP, completions, weighted } from '../testing/small-llama.ts'
import { contrastiveTB, trajectoryBalanceTask, varGrad } from './gflownet.ts'
import { grpoTask, reinforceTask, rlooTask } from './policy-gradient.ts'
import { ppo } from './ppo.ts'
import { relativeVarGrad, tba } from './relative.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })
const nothing = completionReward(
  () => '',
  (judged) => judged.map(() => 0),
)
const judged = (batch: Trajectories) => weighted(batch, nothing)

test.each([
  ['varGrad', varGrad(mdp)],
  ['contrastiveTB', contrastiveTB(mdp)],
  ['relativeVarGrad', relativeVarGrad(mdp)],
  ['tba', tba(mdp)],
  ['rlooTask', rlooTask(mdp)],
  ['grpoTask', grpoTask(mdp)],
])('%s: one completion a prompt has nothing to be compared with', async (_, task) => {
  const alone = await judged(completions(mdp, [[1], [5, 6]]))
  const fault = expect.objectContaining({ _tag: 'CompletionsAlone', message: expect.stringContaining('perPrompt') })
  expect(() => task.pack(alone)).toThrowError(fault)
  expect(() => task.packParts!(alone, 2)).toThrowError(fault)
})

test('objectives that compare nothing take one completion a prompt; one prompt with two is enough for the others', async () => {
  const alone = await judged(completions(mdp, [[1], [5, 6]]))
  for (const task of [trajectoryBalanceTask(mdp), reinforceTask(mdp)]) expect(() => task.pack(alone)).not.toThrow()
  const three = await judged(completions(mdp, [[1], [5, 6], [2]]))
  expect(() => varGrad(mdp).pack(three)).not.toThrow()
})

test.each<[string, Partial<TokenMDP>, string]>([
  ['terminator', { terminator: 2 }, 'with terminator 10, and'],
  ['minLength', { minLength: 1 }, 'with minLength 0, and'],
  ['leaf', { leaf: 'free' }, 'with leaf forced, and'],
  ['ends', { ends: [3] }, 'with ends none, and'],
  ['logitShift', { logitShift: new Float32Array(11) }, 'with logitShift none, and'],
])('completions that were sampled with another %s are refused', async (_, other, said) => {
  const drawn = await judged(completions(mdp, [[1], [5, 6], [2], [3]]))
  const fault = expect.objectContaining({ _tag: 'MDPMismatch', message: expect.stringContaining(said) })
  const differs = { ...mdp, ...other }
  for (const task of [trajectoryBalanceTask(differs), reinforceTask(differs)]) {
    expect(() => task.pack(drawn)).toThrowError(fault)
    expect(() => task.packParts!(drawn, 2)).toThrowError(fault)
  }
  expect(() => ppo(differs, { head: valueHead(12) }).pack(drawn as never)).toThrowError(fault)
})

test('an MDP that was written twice is the same', async () => {
  const mask = () => ({ ...mdp, ends: [3], logitShift: new Float32Array(11) })
  const drawn = await judged(completions(mask(), [[1], [5, 6], [2], [4]]))
  expect(() => varGrad(mask()).pack(drawn)).not.toThrow()
})
