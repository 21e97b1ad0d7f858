import { tokenMDP } from '@gfnlm/env'
import { adaptiveEntropy, groupAdvantages, grpo, startingBonus } from '@gfnlm/losses'
import type { Reward } from '@gfnlm/reward'
import { right } from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { entropyControl } from './entropy-control.ts'
import type { Metrics } from './events.ts'
import { sgd } from './optimizer/sgd.ts'
import { constant } from './schedule.ts'
import { type EntropyCell, grpoTask, policyGradientTask } from './tasks/policy-gradient.ts'
import type { Task } from './tasks/task.ts'
import { STOP, completions, smallLlama, weighted } from './testing/small-llama.ts'
import { trainer } from './trainer.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })
const reward: Reward = ({ tokens }) =>
  right({ logReward: Float32Array.from(tokens, (token, cell) => Math.sin(3 * cell + token)) })
const batch = await weighted(completions(mdp, [[1, 5, 3, 4], [5], [6, 6, 6], [9, 8]]), reward)

const learnerOf = (task: Task<typeof batch>) =>
  trainer(smallLlama(), { task, learningRate: constant(0.1), optimizer: sgd(), accumulate: 2 })
const controlled = (bonus: EntropyCell) =>
  learnerOf(policyGradientTask(mdp, { name: 'grpo', loss: grpo(), advantages: groupAdvantages, entropyBonus: bonus }))

test('a bonus that stays is the option of that name, to the bit', async () => {
  const [given, option] = [controlled({ current: startingBonus(0.3) }), learnerOf(grpoTask(mdp, { entropyBonus: 0.3 }))]
  expect(await given.update(batch)).toEqual(await option.update(batch))
  expect(given.state()).toEqual(option.state())
})

test('the weight of a step follows the entropy of the step before it', async () => {
  const bonus: EntropyCell = { current: startingBonus(0.3) }
  const learner = controlled(bonus)
  const [rising, falling] = [adaptiveEntropy({ target: 100, step: 0.1 }), adaptiveEntropy({ target: 0, step: 0.1 })]
  const told: Metrics[] = []
  for (const control of [rising, falling, falling])
    told.push(await entropyControl(learner, bonus, control).update(batch))
  const close = (...of: readonly number[]) => of.map((x) => expect.closeTo(x, 9))
  expect(told.map((metrics) => metrics['entropy_coef'])).toEqual(close(0.3, 0.4, 0))
  expect(bonus.current).toEqual({ coefficient: expect.closeTo(0.2, 9), applied: 0 })
  expect(entropyControl(learner, bonus, rising).tokens?.(batch)).toBe(learner.tokens?.(batch))
})

test('a task that does not log its entropy cannot be controlled by it', async () => {
  const silent = entropyControl({ update: async () => ({ loss: 1 }) }, { current: startingBonus(0) }, adaptiveEntropy())
  await expect(silent.update(batch)).rejects.toThrow('entropyControl: the task does not log its entropy')
})
