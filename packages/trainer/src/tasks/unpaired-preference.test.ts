import '@tensorflow/tfjs-backend-cpu'
import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { apoZeroUnpaired, kto, mismatchedKl, mismatchedKlOfNonZero, nextCompletions } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { STOP, smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import type { Task } from './task.ts'
import {
  type LabelledCompletion,
  type LabelledCompletionBatch,
  ktoTask,
  unpairedPreference,
} from './unpaired-preference.ts'

/** Completions of tokens below 5 are desirable, those of tokens from 5 on are not. */
const completionsOf = (seed: number, count: number): LabelledCompletion[] =>
  Array.from({ length: count }, (_, row) => {
    const key = fold(keyOf(seed), 'completion', row)
    const desirable = uniformInt(key, 2) === 1
    const draw = (at: number, most: number, from: number, below: number): number[] =>
      Array.from({ length: 1 + uniformInt(key, most, at) }, (__, t) => from + uniformInt(key, below - from, at + t + 1))
    return {
      prompt: Int32Array.from(draw(1, 3, 0, STOP)),
      completion: Int32Array.from([...draw(10, 4, desirable ? 0 : 5, desirable ? 5 : STOP), STOP]),
      desirable,
    }
  })

const learnerOf = (task: Task<LabelledCompletionBatch>) => trainer(smallLlama(), { task, learningRate: constant(0.02) })

test('at the start the policy is the reference: KL is 0 and every completion loses ½', async () => {
  const found = await learnerOf(ktoTask(kto())).update({ completions: completionsOf(1, 7) })
  expect(found['loss']).toBeCloseTo(0.5, 6)
  expect(found['kl/raw']).toBeCloseTo(0, 6)
})

test.each([
  ['KTO', ktoTask(kto({ beta: 0.5 }))],
  ["KTO, HALOs' way", ktoTask(kto({ beta: 0.5 }), { mismatch: nextCompletions, estimate: mismatchedKlOfNonZero })],
  ['APO-zero', unpairedPreference(apoZeroUnpaired({ beta: 0.5 }))],
])('%s: what is desirable gets likelier than what is not, on prompts that it never saw, too', async (_, task) => {
  const learner = learnerOf(task)
  for (let step = 0; step < 40; step++) await learner.update({ completions: completionsOf(100 + step, 16), width: 8 })
  const found = await learner.update({ completions: completionsOf(2, 40), width: 8 })
  expect(found['rewards/chosen']!).toBeGreaterThan(0)
  expect(found['rewards/rejected']!).toBeLessThan(0)
  expect(found['loss']!).toBeLessThan(0.35)
})

test('the pairing decides KL and nothing else, and KTO whose KL is not above 0 is unpaired APO', async () => {
  const completions = completionsOf(3, 6)
  const learner = learnerOf(ktoTask(kto({ beta: 0.5 })))
  for (let step = 0; step < 5; step++) await learner.update({ completions })
  const at = learner.state()
  const from = async (task: Task<LabelledCompletionBatch>): Promise<Record<string, number>> => {
    const other = learnerOf(task)
    other.restore(at)
    return { ...(await other.update({ completions })) }
  }
  const previous = await from(ktoTask(kto({ beta: 0.5 })))
  const next = await from(ktoTask(kto({ beta: 0.5 }), { mismatch: nextCompletions }))
  expect(next['kl/raw']).not.toBeCloseTo(previous['kl/raw']!, 3)
  expect(next['rewards/chosen']).toBeCloseTo(previous['rewards/chosen']!, 5)
  // A KL below 0 is 0, so that KTO is APO-zero there.
  const below: typeof mismatchedKl = (of) => tf.sub(mismatchedKl(of), 1e3)
  const clamped = await from(ktoTask(kto({ beta: 0.5 }), { estimate: below }))
  const apo = await from(unpairedPreference(apoZeroUnpaired({ beta: 0.5 })))
  expect(clamped['loss']).toBeCloseTo(apo['loss']!, 6)
  expect(clamped['grad_norm']).toBeCloseTo(apo['grad_norm']!, 5)
})

test('one completion has no other, and is told of', async () => {
  const update = learnerOf(ktoTask(kto())).update({ completions: completionsOf(4, 1) })
  await expect(update).rejects.toMatchObject({ _tag: 'BatchTooSmall' })
})
