import { scoreHead } from '@gfnlm/policy'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { processRewardModel } from './process-reward-model.ts'
import { type Stepwise, labelledTokens } from './stepwise.ts'

const SEPARATOR = Int32Array.of(9)
const policy = smallLlama()

/** Steps of two tokens, right where the second is the first and one more. */
const solution = (...steps: readonly (readonly [number, number])[]): Stepwise => ({
  prompt: Int32Array.of(7, 7),
  steps: steps.map(([a, b]) => ({ tokens: Int32Array.of(a, b), label: b === a + 1 })),
})
const rows = [
  solution([1, 2], [2, 4], [4, 5]),
  solution([3, 4], [4, 5]),
  solution([5, 1]),
  solution([2, 3], [3, 3]),
].map((of) => labelledTokens(of, { separator: SEPARATOR }))

const head = scoreHead(policy.config.hidden, 2)
const learner = () => trainer(policy, { task: processRewardModel({ head }), learningRate: constant(0.03) })

test('it learns which steps are right', async () => {
  const reader = learner()
  expect((await reader.update({ rows }))['objective/steps']).toBe(8)
  for (let step = 0; step < 60; step++) await reader.update({ rows })
  const { loss, accuracy } = await reader.update({ rows })
  expect(accuracy).toBe(1)
  expect(loss).toBeLessThan(0.1)
})

test('padding and texts without a step change no loss', async () => {
  const { loss } = await learner().update({ rows })
  const more = [...rows, labelledTokens({ prompt: Int32Array.of(1, 2, 3), steps: [] })]
  expect((await learner().update({ rows: more, width: 20 }))['loss']).toBeCloseTo(loss!, 6)
})

test('labels stand on the last token of a step, separator included, and are cut with their tokens', () => {
  const tokens = (of: Parameters<typeof labelledTokens>[1]) => labelledTokens(solution([1, 2], [2, 4]), of)
  expect([...tokens({ separator: SEPARATOR }).tokens]).toEqual([7, 7, 1, 2, 9, 2, 4, 9])
  expect([...tokens({ separator: SEPARATOR }).label]).toEqual([-100, -100, -100, -100, 1, -100, -100, 0])
  expect([...tokens({}).label]).toEqual([-100, -100, -100, 1, -100, 0])
  expect([...tokens({ lastStepOnly: true, maxCompletion: 3 }).label]).toEqual([-100, -100, -100, -100, -100])
})

test('a step that is judged and has no token is a fault: its label would stand nowhere', () => {
  const empty: Stepwise = {
    prompt: Int32Array.of(7),
    steps: [
      { tokens: Int32Array.of(), label: 0 },
      { tokens: Int32Array.of(1), label: 1 },
    ],
  }
  expect(() => labelledTokens(empty)).toThrowError(expect.objectContaining({ _tag: 'StepEmpty', detail: { step: 0 } }))
  expect([...labelledTokens(empty, { separator: SEPARATOR }).label]).toEqual([-100, 0, -100, 1])
  expect([...labelledTokens(empty, { lastStepOnly: true }).label]).toEqual([-100, 1])
})

test.each([
  ['is no class of the head', { label: [-100, -100, 2] }, { row: 1, token: 2, label: 2, classes: 2 }],
  ['is a negative number that is not −100', { label: [-100, -1, 1] }, { row: 1, token: 1, label: -1, classes: 2 }],
  ['stands for no token', { label: [-100, -100, 1, 0] }, { row: 1 }],
])('a label that %s is a fault that names its row', async (_, { label }, detail) => {
  const wrong = { tokens: Int32Array.of(7, 1, 2), label: Int32Array.from(label) }
  const told = { _tag: 'LabelsInvalid', detail }
  await expect(learner().update({ rows: [rows[0]!, wrong] })).rejects.toMatchObject(told)
  const parted = trainer(policy, { task: processRewardModel({ head }), learningRate: constant(0.03), accumulate: 2 })
  await expect(parted.update({ rows: [rows[0]!, wrong] })).rejects.toMatchObject(told)
})
