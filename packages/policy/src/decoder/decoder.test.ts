import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Policy } from '../policy.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits, leftPadded, tensorsOf, type Rows } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

const PAD = 10
const ROWS: Rows = [
  [1, 2, 3, 4, 5, 6],
  [7, 8, 9],
  [0, 4, 4, 2, 1],
]

/** The model with NaN where the padding token's embedding was. */
const withNaNPadding = (policy: PretrainedPolicy): HostTensors => {
  const name = `${policy.config.names.embedding}.weight`
  const { data, shape } = policy.constants[name]!
  const poisoned = Float32Array.from(data)
  poisoned.fill(NaN, PAD * shape[1]!, (PAD + 1) * shape[1]!)
  return { ...policy.constants, [name]: hostTensor(poisoned, shape) }
}

/** Logits without the padding token's own, which a tied head takes from its NaN embedding. */
const legal = (logits: readonly number[][]): number[][] => logits.map((row) => row.toSpliced(PAD, 1))

/** Prefills, then decodes token by token from a cache: [steps + 1][rows][vocab] logits. */
const decodeAlong = (
  policy: Policy,
  constants: HostTensors,
  prompts: Rows,
  forced: Rows,
  capacity: number,
): number[][][] =>
  tf.tidy(() => {
    const weights = tensorsOf(constants)
    const {
      prefill,
      decode,
      head: [kvHeads, headDim],
    } = policy.cached!
    const input = leftPadded(prompts, PAD)
    const rows = prompts.length
    const [first, width] = [prefill(weights, null, input), input.tokens.shape[1]]
    let cache = Object.fromEntries(
      Object.entries(first.fresh).map(([name, part]) => [
        name,
        tf.concat([part, tf.zeros([rows, kvHeads, capacity - width, headDim])], 2),
      ]),
    )
    const logits = [first.logits.arraySync()]
    forced.forEach((tokens, step) => {
      const filled = width + step
      const next = decode(weights, null, {
        tokens: tf.tensor1d([...tokens], 'int32'),
        pad: input.pad,
        filled: tf.fill([rows], filled, 'int32') as tf.Tensor1D,
        cache,
      })
      cache = Object.fromEntries(
        Object.entries(cache).map(([name, held]) => [
          name,
          tf.concat(
            [
              tf.slice(held, [0, 0, 0, 0], [rows, kvHeads, filled, headDim]),
              next.fresh[name]!,
              tf.slice(held, [0, 0, filled + 1, 0], [rows, kvHeads, capacity - filled - 1, headDim]),
            ],
            2,
          ),
        ]),
      )
      logits.push(next.logits.arraySync())
    })
    return logits
  })

describe.each([
  ['Llama with grouped queries and its own head', SMALL_LLAMA],
  [
    'Llama with as many keys as queries and a tied head',
    { ...SMALL_LLAMA, num_key_value_heads: 6, tie_word_embeddings: true },
  ],
  ['Llama with biases', { ...SMALL_LLAMA, attention_bias: true, mlp_bias: true }],
  ['GPT-2 with a tied head', SMALL_GPT2],
  ['GPT-2 with its own head', { ...SMALL_GPT2, tie_word_embeddings: false }],
])('a small %s', (_, config) => {
  const policy = rightOf(randomPolicy(config, { seed: 7 }))

  it('never lets padding change a result, not even NaN', () => {
    const together = eagerLogits(policy, ROWS, { padToken: PAD, constants: withNaNPadding(policy), trainable: null })
    ROWS.forEach((row, i) => {
      const alone = eagerLogits(policy, [row])[0]!
      expect(apart(legal(together[i]!.slice(-row.length)), legal(alone))).toBeLessThan(1e-5)
    })
  })

  it('never lets a later token change an earlier result', () => {
    const [short] = eagerLogits(policy, [[1, 2, 3, 4]])
    const [long] = eagerLogits(policy, [[1, 2, 3, 4, 9, 9]])
    expect(apart(long!.slice(0, 4), short)).toBeLessThan(1e-6)
  })

  it('decodes from its cache as it does teacher forced, ragged rows, NaN in the padding', () => {
    const forced = [
      [3, 1, 4],
      [1, 5, 9],
      [2, 6, 5],
    ]
    const cached = decodeAlong(policy, withNaNPadding(policy), ROWS, forced, 12)
    ROWS.forEach((row, i) => {
      const whole = eagerLogits(policy, [[...row, ...forced.map((tokens) => tokens[i]!)]])[0]!
      expect(apart(legal(cached.map((step) => step[i]!)), legal(whole.slice(row.length - 1)))).toBeLessThan(1e-5)
    })
  })

  it('runs the head on the asked columns only', () => {
    const whole = eagerLogits(policy, ROWS, { padToken: 0 })
    const part = eagerLogits(policy, ROWS, { padToken: 0, columns: { start: 2, count: 3 } })
    expect(
      apart(
        part,
        whole.map((row) => row.slice(2, 5)),
      ),
    ).toBeLessThan(1e-6)
  })

  it('gives the causal layout the logits of teacher forcing', () => {
    const width = 6
    const laidOut = tf.tidy(() =>
      policy
        .logitsUnder(
          tensorsOf(policy.constants),
          null,
          {
            tokens: tf.tensor2d([[...ROWS[0]!]], [1, width], 'int32'),
            positions: tf.tensor2d([[0, 1, 2, 3, 4, 5]], [1, width], 'int32'),
            visible: tf.tensor3d(
              Array.from({ length: width * width }, (_, i) => Number(i % width <= Math.floor(i / width))),
              [1, width, width],
              'bool',
            ),
          },
          { start: 0, count: width },
        )
        .arraySync(),
    )
    expect(apart(laidOut, eagerLogits(policy, [ROWS[0]!]))).toBeLessThan(1e-6)
  })

  it('scores two continuations of one prefix in one pass as it does apart', () => {
    // Columns: prefix 1 2 3, then continuation 4 5, then continuation 6 7, which does not see 4 5.
    const sees = (query: number, key: number): boolean => key <= query && !(query >= 5 && (key === 3 || key === 4))
    const [both] = tf.tidy(() =>
      policy
        .logitsUnder(
          tensorsOf(policy.constants),
          null,
          {
            tokens: tf.tensor2d([[1, 2, 3, 4, 5, 6, 7]], [1, 7], 'int32'),
            positions: tf.tensor2d([[0, 1, 2, 3, 4, 3, 4]], [1, 7], 'int32'),
            visible: tf.tensor3d(
              Array.from({ length: 49 }, (_, i) => Number(sees(Math.floor(i / 7), i % 7))),
              [1, 7, 7],
              'bool',
            ),
          },
          { start: 0, count: 7 },
        )
        .arraySync(),
    )
    expect(apart(both!.slice(0, 5), eagerLogits(policy, [[1, 2, 3, 4, 5]])[0])).toBeLessThan(1e-5)
    expect(apart(both!.slice(5), eagerLogits(policy, [[1, 2, 3, 6, 7]])[0]!.slice(3))).toBeLessThan(1e-5)
  })

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors
    eagerLogits(policy, ROWS)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses more columns than it has positions', () => {
    expect(() => eagerLogits(policy, [Array<number>(17).fill(1)])).toThrow(/16 positions/)
  })
})
