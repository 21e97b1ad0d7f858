import { expect, test } from 'vitest'
import { adamw } from './optimizer/adamw.ts'
import { constant } from './schedule.ts'
import { quadratic, twoNumbers } from './testing/quadratic.ts'
import type { TrainingState } from './train-step.ts'
import { trainer } from './trainer.ts'

const learner = () =>
  trainer(twoNumbers(1, 2), { task: quadratic(), optimizer: adamw(), learningRate: constant(0.125) })

const copyOf = ({ step, parameters, moments }: TrainingState): TrainingState => ({
  step,
  parameters: parameters.slice(),
  moments: Object.fromEntries(Object.entries(moments).map(([name, m]) => [name, m.slice()])),
})

test('a state that somebody has seen is never written over', async () => {
  const one = learner()
  const seen: { readonly state: TrainingState; readonly copy: TrainingState }[] = []
  const first = one.state()
  seen.push({ state: first, copy: copyOf(first) })
  for (let step = 0; step < 9; step++) {
    await one.update([3, step])
    if (step % 3 === 0) seen.push({ state: one.state(), copy: copyOf(one.state()) })
    if (step % 3 === 1) one.trainable()
  }
  for (const { state, copy } of seen) expect(state).toEqual(copy)
  expect(new Set(seen.map(({ state }) => state.parameters[0])).size).toBe(4)
})

test('what is learned is the same whether states are seen or not, also after going on from another', async () => {
  const [seen, unseen] = [learner(), learner()]
  const both = async (from: number, to: number): Promise<void> => {
    for (let step = from; step < to; step++) {
      await seen.update([3, step])
      seen.state()
      await unseen.update([3, step])
    }
  }
  await both(0, 5)
  const state = seen.state()
  const copy = copyOf(state)
  await both(5, 8)
  seen.restore(state)
  unseen.restore(state)
  await both(8, 12)
  expect(unseen.state()).toEqual(seen.state())
  expect(state).toEqual(copy)
})

test('updates that are asked for at the same time are made one after another, each from the state before', async () => {
  const [together, apart] = [learner(), learner()]
  const batches = [0, 1, 2, 3].map((x) => [3, x] as const)
  const metrics = await Promise.all(batches.map((batch) => together.update(batch)))
  const alone: unknown[] = []
  for (const batch of batches) alone.push(await apart.update(batch))
  expect(metrics).toEqual(alone)
  expect(together.state()).toEqual(apart.state())
  expect(together.state().step).toBe(4)
})

test('an update that fails does not keep the next from being made', async () => {
  const one = learner()
  const [failed, next] = await Promise.allSettled([one.update([NaN, 0]), one.update([3, 0])])
  expect([failed!.status, next!.status]).toEqual(['rejected', 'fulfilled'])
  expect(one.state().step).toBe(1)
})

test('a state to go on from takes its turn among updates: what is asked for before it does not replace it', async () => {
  const [one, other] = [learner(), learner()]
  const start = one.state()
  const before = [one.update([3, 0]), one.update([NaN, 0])]
  one.restore(start)
  const after = one.update([3, 1])
  await Promise.allSettled(before)
  expect(await after).toEqual(await other.update([3, 1]))
  expect(one.state()).toEqual(other.state())
  expect(one.state().step).toBe(1)
  one.restore(start)
  expect(one.state()).toBe(start)
})

test('of two states to go on from during an update the later holds', async () => {
  const one = learner()
  const first = one.state()
  await one.update([3, 0])
  const second = one.state()
  const made = one.update([3, 1])
  one.restore(second)
  await made
  one.restore(first)
  await one.update([3, 2])
  expect(one.state().step).toBe(1)
})
