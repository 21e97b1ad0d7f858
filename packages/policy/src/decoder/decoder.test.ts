import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Policy } from '../policy.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, eagerLogits, leftPadded, tensorsOf, type Rows } from '../testing/eager.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

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
    const width = input.tokens.shape[1]
    const first = prefill(weights, null, input)
    // What a slot held before: it must not be seen.
    const unwritten = (columns: number): tf.Tensor => tf.fill([1, kvHeads, columns, headDim], 1e3)
    const columns = (part: tf.Tensor, row: number, from: number, to: number): tf.Tensor =>
      tf.slice(part, [row, 0, from, 0], [1, kvHeads, to - from, headDim])
    const byRow = (make: (row: number) => tf.Tensor[]): tf.Tensor =>
      tf.concat(
        prompts.map((_, row) => tf.concat(make(row), 2)),
        0,
      )
    let cache = Object.fromEntries(
      Object.entries(first.fresh).map(([name, part]) => [
        name,
        byRow((row) => [
          columns(part, row, width - prompts[row]!.length, width),
          unwritten(capacity - prompts[row]!.length),
        ]),
      ]),
    )
    const logits = [first.logits.arraySync()]
    forced.forEach((tokens, step) => {
      const filled = prompts.map((prompt) => prompt.length + step)
      const next = decode(weights, null, {
        tokens: tf.tensor1d([...tokens], 'int32'),
        filled: tf.tensor1d(filled, 'int32'),
        cache,
      })
      cache = Object.fromEntries(
        Object.entries(cache).map(([name, held]) => [
          name,
          byRow((row) => [
            columns(held, row, 0, filled[row]!),
            columns(next.fresh[name]!, row, 0, 1),
            columns(held, row, filled[row]! + 1, capacity),
          ]),
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
  ...Object.entries(SMALL_FAMILIES),
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

  it('scores branches of ragged prefixes in one pass as it does each of them apart', () => {
    const branches: Rows[] = ROWS.map((_, row) => [
      [4, row],
      [6, 7],
      [row, 3],
    ])
    const input = leftPadded(ROWS, PAD)
    const width = input.tokens.shape[1]
    // Branch 0 leaves before the last two tokens, branch 1 before the last, branch 2 at the end.
    const after = [width - 2, width - 1, width]
    const { trunk, branched } = tf.tidy(() => {
      const constants = tensorsOf(withNaNPadding(policy))
      const out = policy.branched(
        constants,
        null,
        {
          trunk: input,
          branches: tf.tensor3d(
            branches.map((row) => row.map((b) => [...b])),
            [3, 3, 2],
            'int32',
          ),
          after,
        },
        { start: width - 1, count: 1 },
      )
      const [, count, length, hidden] = out.branches.shape
      const logits = policy.unembed(constants, null, tf.reshape(out.branches, [3 * count, length, hidden]))
      return {
        trunk: policy.unembed(constants, null, out.trunk).arraySync(),
        branched: (tf.reshape(logits, [3, count, length, logits.shape[2]]) as tf.Tensor4D).arraySync(),
      }
    })
    ROWS.forEach((row, r) => {
      expect(apart(legal(trunk[r]!), legal(eagerLogits(policy, [row])[0]!.slice(-1)))).toBeLessThan(1e-5)
      after.forEach((column, b) => {
        const prefix = row.slice(0, row.length - (width - column))
        const whole = eagerLogits(policy, [[...prefix, ...branches[r]![b]!]])[0]!
        expect(apart(legal(branched[r]![b]!), legal(whole.slice(prefix.length)))).toBeLessThan(1e-5)
      })
    })
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
