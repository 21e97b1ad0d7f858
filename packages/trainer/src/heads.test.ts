import { type HostTensors, hostTensor } from '@gfnlm/jit'
import {
  type PretrainedPolicy,
  readHead,
  readPeft,
  saveAdapter,
  saveHead,
  scoreHead,
  sequenceScores,
} from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { isLeft } from 'fp-ts/lib/Either.js'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { constant } from './schedule.ts'
import { smallLlama } from './testing/small-llama.ts'
import type { Task } from './tasks/task.ts'
import { trainStep } from './train-step.ts'
import { trainer } from './trainer.ts'

/** Sequences and what each is worth. */
type Judged = readonly { readonly tokens: readonly number[]; readonly worth: number }[]

const WIDTH = 6

/** The mean squared error of a score head of one label, on rows padded at the right. */
const regression = (head: HostTensors): Task<Judged> => ({
  name: 'regression',
  parameters: head,
  rateScale: 1,
  pack: (batch) => ({
    tokens: hostTensor(
      Int32Array.from(batch.flatMap(({ tokens }) => [...tokens, ...Array<number>(WIDTH - tokens.length).fill(0)])),
      [batch.length, WIDTH],
    ),
    end: hostTensor(Int32Array.from(batch, ({ tokens }) => tokens.length)),
    worth: hostTensor(
      Float32Array.from(batch, ({ worth }) => worth),
      [batch.length, 1],
    ),
    weight: hostTensor(new Float32Array(batch.length).fill(1)),
  }),
  loss: ({ policy, constants, trainable, parameters, batch }) => {
    const rows = batch['end']!.shape[0]!
    const scores = sequenceScores(policy, constants, trainable, parameters, {
      tokens: batch['tokens'] as tf.Tensor2D,
      pad: tf.zeros([rows], 'int32'),
      end: batch['end'] as tf.Tensor1D,
    })
    return {
      terms: tf.reshape(tf.square(tf.sub(scores, batch['worth']!)), [rows]),
      share: tf.fill([rows], 1 / rows),
      mass: tf.scalar(rows),
      metrics: {},
    }
  },
})

// Worth: how many of the tokens are 3, which a state of the last token has to gather from the others.
const ROWS: Judged = [[3, 1, 4], [3, 3, 7, 2], [5], [3, 3, 3, 8, 9], [6, 2, 6, 2, 6, 2], [1, 3]].map((tokens) => ({
  tokens,
  worth: tokens.filter((token) => token === 3).length,
}))

const learn = async (
  policy: PretrainedPolicy,
): Promise<{ readonly first: number; readonly last: number; readonly after: HostTensors }> => {
  const { initial, step, trainable } = trainStep(policy, {
    task: regression(scoreHead(policy.config.hidden, 1, { seed: 1 })),
    learningRate: constant(0.03),
  })
  let state = initial
  const losses: number[] = []
  for (let i = 0; i < 80; i++) {
    const next = await step(state, ROWS)
    losses.push(next.metrics['loss']!)
    state = next.state
  }
  return { first: losses[0]!, last: losses.at(-1)!, after: trainable(state) }
}

test('a score head learns what rows are worth in one step with the adapter', async () => {
  const policy = smallLlama()
  const { first, last, after } = await learn(policy)
  expect(last).toBeLessThan(first / 100)
  const changed = Object.keys(after).filter((name) =>
    after[name]!.data.some((x, i) => x !== policy.trainable[name]!.data[i]),
  )
  expect(changed.toSorted()).toEqual(Object.keys(policy.trainable).toSorted())
})

test('what was learned is saved as an adapter and a head beside it, and goes on from there', async () => {
  const policy = smallLlama()
  const { hidden } = policy.config
  const options = (head: HostTensors) => ({ task: regression(head), learningRate: constant(0.03) })
  const learner = trainer(policy, options(scoreHead(hidden, 1, { seed: 1 })))
  for (let i = 0; i < 5; i++) await learner.update(ROWS)
  const directory = await mkdtemp(join(tmpdir(), 'gfnlm-heads-'))
  await Promise.all([
    saveAdapter(policy, learner.trainable(), directory)(),
    saveHead('score', learner.own(), directory, hidden)(),
  ])
  const [adapter, head] = await Promise.all([
    readPeft(directory, policy.config)(),
    readHead('score', directory, hidden)(),
  ])
  if (isLeft(adapter) || isLeft(head)) throw new Error('not saved')
  const again = trainer({ ...policy, trainable: adapter.right.tensors }, options(head.right))
  const [there, here] = [await learner.update(ROWS), await again.update(ROWS)]
  expect(here['loss']).toBe(there['loss'])
})

test('a score head learns on a frozen policy, too', async () => {
  const { first, last, after } = await learn({ ...smallLlama(), trainable: {} })
  expect(last).toBeLessThan(first / 3)
  expect(after).toEqual({})
})
