import { type Weighted, tokenMDP } from '@gfnlm/env'
import { type Reducer, selfNormalised, weightedSum } from '@gfnlm/losses'
import { scoreHead } from '@gfnlm/policy'
import type { Reward } from '@gfnlm/reward'
import { right } from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { sgd } from './optimizer/sgd.ts'
import { constant } from './schedule.ts'
import { contrastiveTB, modifiedSubTB, trajectoryBalanceTask, varGrad } from './tasks/gflownet.ts'
import { grpoTask, reinforceTask } from './tasks/policy-gradient.ts'
import { flowRLTask } from './tasks/relative.ts'
import { rewardModel } from './tasks/reward-model.ts'
import { supervised } from './tasks/supervised.ts'
import type { Task } from './tasks/task.ts'
import { quadratic, twoNumbers } from './testing/quadratic.ts'
import { STOP, completions, promptOf, smallLlama, weighted } from './testing/small-llama.ts'
import { trainer } from './trainer.ts'
import type { TrainingState } from './train-step.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })
const policy = smallLlama()

/** Any reward of every prefix, the same for the same tokens. */
const reward: Reward = ({ tokens }) =>
  right({ logReward: Float32Array.from(tokens, (token, cell) => Math.sin(3 * cell + token)) }) as never

const ROWS = [[1, 2, 3, 4], [5], [6, 6, 6], [9, 8], [1, 1, 1, 1], [2, 7], [3], [4, 4, 4]]
const judged = await weighted(completions(mdp, ROWS), reward)
/** Eight rows, of eight prompts or of four. */
const apart: Weighted = {
  ...judged,
  prompts: ROWS.map((_, i) => promptOf(`${i}`, [i, 3, 1].slice(0, 1 + (i % 3)))),
  group: Int32Array.from(ROWS, (_, i) => i),
  weight: Float32Array.from(ROWS, (_, i) => [1, 0.5, 0, 2][i % 4]!),
}
const inPairs: Weighted = { ...apart, group: apart.group.map((i) => i >> 1) }

const texts = ROWS.map((z, i) => ({ tokens: Int32Array.of(...z, STOP), given: 1, weight: i % 3 }))
const pairs = ROWS.slice(1).map((z, i) => ({ chosen: Int32Array.from(z), rejected: Int32Array.from(ROWS[i]!) }))

type Case<Batch> = readonly [name: string, task: Task<Batch>, batch: Batch, reducer?: Reducer]
const of = <Batch>(...given: Case<Batch>): Case<never> => given as unknown as Case<never>

const CASES = [
  of('supervised', supervised(), { rows: texts }),
  of('supervised, self-normalised', supervised(), { rows: texts }, selfNormalised),
  of('a reward model', rewardModel({ head: scoreHead(policy.config.hidden, 1) }), { pairs }),
  of('modified SubTB', modifiedSubTB(mdp, { lambda: 0.9 }), apart),
  of('modified SubTB, self-normalised', modifiedSubTB(mdp), apart, selfNormalised),
  of('TB', trajectoryBalanceTask(mdp, { logZ: 0.5 }), apart),
  of('VarGrad', varGrad(mdp), inPairs),
  of('VarGrad, self-normalised', varGrad(mdp), inPairs, selfNormalised),
  of('contrastive TB', contrastiveTB(mdp), inPairs),
  of('FlowRL', flowRLTask(mdp), inPairs),
  of('GRPO', grpoTask(mdp, { beta: 0.1 }), inPairs),
  of('REINFORCE, self-normalised', reinforceTask(mdp), apart, selfNormalised),
]

/** State and metrics after one step of gradient descent, which is linear in the gradient. */
const after = async ([, task, batch, reducer = weightedSum]: Case<never>, accumulate: number) => {
  const options = { optimizer: sgd(), learningRate: constant(0.01) }
  const learner = trainer(policy, { task, ...options, accumulate, reducer })
  const metrics = await learner.update(batch)
  return { metrics, state: learner.state() }
}

const farthest = (a: TrainingState, b: TrainingState): number =>
  a.parameters.reduce((most, x, i) => Math.max(most, Math.abs(x - b.parameters[i]!)), 0)

test.each(CASES.map((c) => [c[0], c] as const))('%s: 8 parts of a batch of 8 make the same update', async (_, c) => {
  const [whole, parts] = [await after(c, 1), await after(c, 8)]
  const start = trainer(policy, { task: c[1], learningRate: constant(1) }).state()
  const moved = farthest(whole.state, start)
  expect(moved).toBeGreaterThan(1e-6)
  expect(farthest(whole.state, parts.state) / moved).toBeLessThan(2e-4)
  expect(Object.keys(parts.metrics)).toEqual(Object.keys(whole.metrics))
  for (const name of ['loss', 'grad_norm', 'objective/tokens', 'objective/residual', 'min_reward', 'max_reward']) {
    const expected = whole.metrics[name]
    if (expected !== undefined)
      expect(Math.abs(parts.metrics[name]! - expected), name).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)))
  }
})

test('the same steps give the same bytes', async () => {
  const [first, second] = [await after(CASES[4]!, 3), await after(CASES[4]!, 3)]
  expect(second).toEqual(first)
})

test('a batch of fewer rows than parts is taken row by row, and one of weight 0 changes nothing', async () => {
  const [, task] = CASES[0]!
  const learner = trainer(policy, { task, optimizer: sgd(), learningRate: constant(0.01), accumulate: 100 })
  const before = learner.state()
  const rows = ROWS.map((z) => ({ tokens: Int32Array.from(z), given: 0, weight: 0 }))
  expect(await learner.update({ rows } as never)).toMatchObject({ loss: 0, grad_norm: 0 })
  expect(learner.state().parameters).toEqual(before.parameters)
})

test('what cannot be taken in parts is told, and so is a number that is none', () => {
  const options = { task: quadratic(), learningRate: constant(1) }
  expect(() => trainer(twoNumbers(0, 0), { ...options, accumulate: 2 })).toThrowError(
    expect.objectContaining({ _tag: 'NotSplit', message: expect.stringContaining('quadratic') }),
  )
  expect(() => trainer(twoNumbers(0, 0), { ...options, accumulate: 1.5 })).toThrow(
    'a whole number of at least 1, found 1.5',
  )
})

test.each([1, 2])('a batch without a row, in %s parts, is a fault, and nothing is learned', async (accumulate) => {
  const learner = trainer(policy, { task: supervised(), learningRate: constant(0.01), accumulate })
  await expect(learner.update({ rows: [] })).rejects.toMatchObject({
    _tag: 'BatchEmpty',
    message: expect.stringContaining('step 0'),
  })
  expect(learner.state().step).toBe(0)
})
