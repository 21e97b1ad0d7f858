import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lora } from '../adapter/lora.ts'
import type { Tensors } from '../policy.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits, leftPadded, tensorsOf } from '../testing/eager.ts'
import { slopeErrors } from '../testing/finite-differences.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'
import { hiddenStates } from './hidden-states.ts'
import { type SequenceInput, scoreHead, sequenceScores, tokenScores } from './score-head.ts'
import { tokenValues, valueHead } from './value-head.ts'

beforeAll(() => tf.setBackend('cpu'))

const PAD = 10
const ROWS = [[1, 2, 3, 4, 5], [6], [7, 8, 9]]

/** The weights with NaN where the padding token's embedding was. */
const withNaNPadding = ({ config, constants }: PretrainedPolicy): HostTensors => {
  const name = `${config.names.embedding}.weight`
  const { data, shape } = constants[name]!
  const poisoned = Float32Array.from(data).fill(NaN, PAD * shape[1]!, (PAD + 1) * shape[1]!)
  return { ...constants, [name]: hostTensor(poisoned, shape) }
}

/** Rows with `before` columns of padding at the left of the longest, the rest at the right. */
const padded = (before: readonly number[], width: number): SequenceInput => ({
  tokens: tf.tensor2d(
    ROWS.map((row, r) => [
      ...Array<number>(before[r]!).fill(PAD),
      ...row,
      ...Array<number>(width - before[r]! - row.length).fill(PAD),
    ]),
    undefined,
    'int32',
  ),
  pad: tf.tensor1d([...before], 'int32'),
  end: tf.tensor1d(
    ROWS.map((row, r) => before[r]! + row.length),
    'int32',
  ),
})

const scoresOf = (
  policy: PretrainedPolicy,
  head: HostTensors,
  input: () => SequenceInput,
  constants: HostTensors = policy.constants,
): number[][] => tf.tidy(() => sequenceScores(policy, tensorsOf(constants), null, tensorsOf(head), input()).arraySync())

/** Learned parameters, with an adapter whose B is no longer 0. */
const moved = (parameters: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (value, i) => value + 0.1 * Math.sin(i + name.length)),
        shape,
      ),
    ]),
  )

describe.each([
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
  ['qwen 2', SMALL_FAMILIES['Qwen 2']!],
])('on a small %s', (_, config) => {
  const policy = rightOf(randomPolicy(config, { seed: 4, adapter: lora({ r: 2 }) }))
  const { hidden } = policy.config

  // torchtune #812: a classifier is the decoder with its output replaced by a linear map of the hidden states.
  it("a score head that holds the vocabulary's head scores as the last token's logits", () => {
    const name = policy.config.tied ? policy.config.names.embedding : policy.config.names.head
    const head = { 'score.weight': policy.constants[`${name}.weight`]! }
    const last = ROWS.map((row) => eagerLogits(policy, [row], { trainable: null })[0]!.at(-1))
    expect(
      apart(
        scoresOf(policy, head, () => leftPadded(ROWS, PAD)),
        last,
      ),
    ).toBeLessThan(1e-5)
  })

  it.each([1, 3])('padding on either side, even NaN, changes none of %i scores', (labels) => {
    const head = scoreHead(hidden, labels, { seed: 7 })
    const alone = ROWS.map((row) => scoresOf(policy, head, () => leftPadded([row], PAD))[0]!)
    expect(alone.map((row) => row.length)).toEqual([labels, labels, labels])
    const poisoned = withNaNPadding(policy)
    for (const input of [
      () => leftPadded(ROWS, PAD),
      () => padded([0, 0, 0], 5),
      () => padded([0, 0, 0], 9),
      () => padded([2, 5, 1], 8),
    ])
      expect(apart(scoresOf(policy, head, input, poisoned), alone)).toBeLessThan(1e-5)
  })

  it('a value is w · h + b of each hidden state', () => {
    const head: HostTensors = {
      ...valueHead(hidden, { seed: 1 }),
      'v_head.summary.bias': hostTensor(Float32Array.of(0.5)),
    }
    const columns = { start: 2, count: 3 }
    const [values, states] = tf.tidy(() => {
      const read = hiddenStates(policy, tensorsOf(policy.constants), null, leftPadded(ROWS, PAD), columns)
      return [tokenValues(tensorsOf(head), read).arraySync(), read.arraySync()]
    })
    const w = [...head['v_head.summary.weight']!.data]
    const expected = states.map((row) => row.map((h) => h.reduce((sum, x, i) => sum + x * w[i]!, 0.5)))
    expect(apart(values, expected)).toBeLessThan(1e-5)
  })

  const ends = (): SequenceInput => padded([0, 2, 1], 5)
  it.each([
    [
      'scores',
      scoreHead(hidden, 2),
      (frozen: Tensors, given: Tensors) => sequenceScores(policy, frozen, given, given, ends()),
    ],
    [
      'values',
      valueHead(hidden),
      (frozen: Tensors, given: Tensors) =>
        tokenValues(given, hiddenStates(policy, frozen, given, leftPadded(ROWS, PAD), { start: 1, count: 4 })),
    ],
  ])('gradients of %s are those of finite differences, compiled and eager', async (_, head, answers) => {
    // One adapted module is enough to see that the gradient goes through the states.
    const adapted = Object.entries(policy.trainable).slice(0, 2)
    const parameters = { ...moved(Object.fromEntries(adapted)), ...moved(head) }
    const loss = (frozen: Tensors, given: Tensors): tf.Scalar => tf.mean(tf.square(tf.sub(answers(frozen, given), 0.3)))
    for (const device of ['cpu', 'tfjs:cpu'] as const) {
      const errors = await slopeErrors(loss, policy.constants, parameters, { device })
      expect(Object.keys(errors)).toHaveLength(2 + Object.keys(head).length)
      for (const [name, error] of Object.entries(errors)) expect(error, `${device} ${name}`).toBeLessThan(0.01)
    }
  })
})

it('a policy that gives no hidden states is told so', () => {
  expect(() => hiddenStates({ name: 'table' }, {}, null, leftPadded(ROWS, PAD), { start: 0, count: 1 })).toThrowError(
    /table gives no hidden states/,
  )
})

it('a new head answers with numbers of variance about 1 to states of unit components', () => {
  const { data } = scoreHead(1000, 8, { seed: 3 })['score.weight']!
  const variance = [...data].reduce((sum, w) => sum + w * w, 0) / 8
  expect(variance).toBeGreaterThan(0.9)
  expect(variance).toBeLessThan(1.1)
  expect(() => scoreHead(8, 0)).toThrowError(RangeError)
})

it('a head of another kind, or for states of another width, is told by its name', () => {
  const states = tf.zeros<tf.Rank.R3>([1, 2, 12])
  expect(() => tokenValues(tensorsOf(scoreHead(12, 1)), states)).toThrow(
    'the head has no v_head.summary.weight, only score.weight',
  )
  expect(() => tokenScores({}, states)).toThrow('the head has no score.weight, only nothing')
  expect(() => tokenValues(tensorsOf(valueHead(8)), states)).toThrow(
    "v_head.summary.weight is for states of 8 numbers, the model's have 12",
  )
})
