import { type Weighted, tokenMDP } from '@gfnlm/env'
import { completionReward } from '@gfnlm/reward'
import { expect, test } from 'vitest'
import { STOP, completions, weighted } from '../testing/small-llama.ts'
import { inEpochs, shuffledPrompts, shuffledRows } from './in-epochs.ts'
import type { Rollout } from './rollout.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 2 })
const worthNothing = completionReward(
  () => '',
  (judged) => judged.map(() => 0),
)
const batchOf = (rows: number): Promise<Weighted> =>
  weighted(
    completions(
      mdp,
      Array.from({ length: rows }, (_, row) => [row]),
    ),
    worthNothing,
  )

/** A rollout whose values are the numbers of its rows. */
const rolloutOf = async (rows: number): Promise<Rollout> => {
  const batch = await batchOf(rows)
  const numbers = Float32Array.from({ length: rows * batch.width }, (_, cell) => Math.floor(cell / batch.width))
  return { ...batch, value: numbers, advantage: numbers, returns: numbers, metrics: {} }
}

/** The first tokens, which tell rows apart, of every batch that a learner is given. */
const given = () => {
  const seen: number[][] = []
  const update = async (batch: Weighted): Promise<{ readonly loss: number }> => {
    seen.push(Array.from({ length: batch.rows }, (_, row) => batch.tokens[row * batch.width]!))
    return { loss: seen.length }
  }
  return { seen, update }
}

test('every epoch gives every row once, in an order of its own that is the same in every run', async () => {
  const orders = await Promise.all(
    [0, 1].map(async () => {
      const { seen, update } = given()
      const metrics = await inEpochs({ update }, shuffledRows, { epochs: 3, minibatches: 3 }).update(await rolloutOf(8))
      expect(metrics).toEqual({ loss: 5 })
      expect(seen.map(({ length }) => length)).toEqual([3, 2, 3, 3, 2, 3, 3, 2, 3])
      const epochs = [0, 3, 6].map((first) => seen.slice(first, first + 3).flat())
      for (const epoch of epochs) expect(epoch.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
      expect(new Set(epochs.map(String)).size).toBe(3)
      return seen
    }),
  )
  expect(orders[1]).toEqual(orders[0])
})

test('columns of a rollout stay with their rows', async () => {
  const update = async (batch: Rollout): Promise<{ readonly loss: number }> => {
    const tokens = Array.from({ length: batch.rows }, (_, row) => batch.tokens[row * batch.width]!)
    for (const column of [batch.value, batch.advantage, batch.returns])
      expect([...column]).toEqual(tokens.flatMap((row) => Array<number>(batch.width).fill(row)))
    return { loss: 0 }
  }
  await inEpochs({ update }, shuffledRows, { minibatches: 3 }).update(await rolloutOf(7))
})

test('completions of a prompt stay together where advantages are within prompts', async () => {
  const { seen, update } = given()
  await inEpochs({ update }, shuffledPrompts, { epochs: 8, minibatches: 2 }).update(await batchOf(6))
  expect(new Set(seen.map(String))).toEqual(new Set(['0,2,4', '1,3,5']))
  expect(new Set(seen.filter((_, i) => i % 2 === 0).map(String)).size).toBe(2)
})

test('less than one epoch or minibatch is none', () => {
  const learner = given()
  expect(() => inEpochs(learner, shuffledPrompts, { epochs: 0 })).toThrow('epochs must be a whole number of at least 1')
  expect(() => inEpochs(learner, shuffledPrompts, { minibatches: 1.5 })).toThrow('minibatches must be a whole number')
})

test('a batch that has fewer rows or prompts than minibatches is a fault, before anything is learned of it', async () => {
  const { seen, update } = given()
  const rows = inEpochs({ update }, shuffledRows, { minibatches: 9 }).update(await rolloutOf(8))
  await expect(rows).rejects.toMatchObject({ _tag: 'MinibatchesTooMany', detail: { minibatches: 9, found: 8 } })
  const promptsOnly = inEpochs({ update }, shuffledPrompts, { minibatches: 3 }).update(await batchOf(6))
  await expect(promptsOnly).rejects.toMatchObject({ _tag: 'MinibatchesTooMany', detail: { minibatches: 3, found: 2 } })
  expect(seen).toEqual([])
})
