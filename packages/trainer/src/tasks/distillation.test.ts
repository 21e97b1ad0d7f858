import '@tensorflow/tfjs-backend-cpu'
import { tokenMDP } from '@gfnlm/env'
import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { generalisedKnowledgeDistillation } from '@gfnlm/losses'
import { type PretrainedPolicy, frozen, reference } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { constant } from '../schedule.ts'
import { STOP, completions, smallLlama } from '../testing/small-llama.ts'
import { trainer } from '../trainer.ts'
import { distillation } from './distillation.ts'
import { type TextBatch, completionTexts } from './texts.ts'

await tf.setBackend('cpu')

const [student, large] = [smallLlama(), smallLlama(8)]
const rows: TextBatch['rows'] = [
  { tokens: Int32Array.of(1, 2, 3, 4, 5, 6), given: 1 },
  { tokens: Int32Array.of(7, 7, 2), given: 2 },
  { tokens: Int32Array.of(3, 1, 4, 1), given: 1 },
]

const tensors = (named: HostTensors): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(named).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]))

/** log p of every next token after each of the given ones, one text alone on the pure-JS engine. */
const logProbs = (policy: PretrainedPolicy, tokens: Int32Array, from: number): number[][] =>
  tf.tidy(() => {
    const input = { tokens: tf.tensor2d([[...tokens]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
    const columns = { start: from, count: tokens.length - 1 - from }
    return tf.logSoftmax(policy.logits(tensors(policy.constants), null, input, columns)).arraySync()[0]!
  })

/** Mean over learned tokens of KL(T‖S), written out. */
const divergence = (): number => {
  const each = rows.flatMap(({ tokens, given }) => {
    const [s, t] = [student, large].map((policy) => logProbs(policy, tokens, given - 1))
    return t!.map((logT, i) => logT.reduce((sum, x, v) => sum + Math.exp(x) * (x - s![i]![v]!), 0))
  })
  return each.reduce((a, b) => a + b, 0) / each.length
}

test('the loss is the divergence of the two models at the tokens that were not given', async () => {
  const task = distillation({ teacher: reference(large), loss: generalisedKnowledgeDistillation({ beta: 0 }) })
  const learner = trainer(student, { task, learningRate: constant(0.01) })
  const { loss, 'objective/tokens': tokens } = await learner.update({ rows })
  expect(tokens).toBe(9)
  expect(loss).toBeCloseTo(divergence(), 5)
})

test.each([0, 0.5, 1])('at β %d the student comes to say what the teacher does', async (beta) => {
  const task = distillation({ teacher: reference(large), loss: generalisedKnowledgeDistillation({ beta }) })
  const learner = trainer(student, { task, learningRate: constant(0.05), accumulate: beta === 0 ? 2 : 1 })
  const first = await learner.update({ rows })
  for (let step = 0; step < 40; step++) await learner.update({ rows })
  expect((await learner.update({ rows }))['loss']!).toBeLessThan(first['loss']! / 3)
})

test('a model that is its own teacher has nothing to learn; with an adapter it is another', async () => {
  const update = (teacher: Parameters<typeof distillation>[0]['teacher']) =>
    trainer(student, { task: distillation({ teacher }), learningRate: constant(0.01) }).update({ rows })
  const alone = await update(reference(student))
  expect(alone['loss']).toBeCloseTo(0, 6)
  expect(alone['grad_norm']).toBeLessThan(1e-5)
  const moved = Object.fromEntries(
    Object.entries(student.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (x) => x + 0.1),
        shape,
      ),
    ]),
  )
  expect((await update(frozen(student, moved)))['loss']).toBeGreaterThan(1e-3)
})

test('a teacher of another vocabulary is refused', async () => {
  const other = { ...large, vocabSize: 12, name: 'other' }
  const learner = trainer(student, { task: distillation({ teacher: reference(other) }), learningRate: constant(0.01) })
  await expect(learner.update({ rows })).rejects.toMatchObject({ _tag: 'VocabularyMismatch' })
})

test('sampled completions are texts after their prompts; a forced end is not learned', () => {
  const batch = completions(tokenMDP({ terminator: STOP, maxLength: 2 }), [[5], [6, 6]])
  expect(completionTexts({ ...batch, weight: Float32Array.of(1, 0.5) }).rows).toEqual([
    { tokens: Int32Array.of(3, 1, 4, 5, STOP), given: 3, weight: 1 },
    { tokens: Int32Array.of(7, 6, 6), given: 1, weight: 0.5 },
  ])
})

test('a completion that was dropped has no weight, also before weights are estimated', () => {
  const batch = completions(tokenMDP({ terminator: STOP, maxLength: 2 }), [[5], [6, 6], [7]])
  const texts = completionTexts({ ...batch, keep: Uint8Array.of(1, 0, 1) })
  expect(texts.rows.map(({ weight }) => weight)).toEqual([1, 0, 1])
})
