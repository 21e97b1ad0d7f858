import '@tensorflow/tfjs-backend-cpu'
import type { HostTensors } from '@gfnlm/jit'
import type { Policy, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'

await tf.setBackend('cpu')

const tensorsOf = (tensors: HostTensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  )

/**
 * log p of each token after the first, nats: one row, no padding, no layout, the pure-JS engine.
 *
 * @param shift [vocab] added to the logits of the tokens from `from` up to but without `to`
 */
export const flatLogProbs = (
  policy: Policy,
  tokens: readonly number[],
  {
    trainable = null,
    shift,
    from = 0,
    to = tokens.length,
  }: {
    readonly trainable?: HostTensors | null
    readonly shift?: Float32Array
    readonly from?: number
    readonly to?: number
  } = {},
): number[] =>
  tf.tidy(() => {
    const input = { tokens: tf.tensor2d([[...tokens]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
    const columns = { start: 0, count: tokens.length }
    const logits = policy
      .logits(tensorsOf(policy.constants), trainable && tensorsOf(trainable), input, columns)
      .arraySync()[0]!
    return tokens.slice(1).map((token, i) => {
      const row = logits[i]!.map((x, id) => x + (shift !== undefined && i + 1 >= from && i + 1 < to ? shift[id]! : 0))
      const largest = Math.max(...row)
      return row[token]! - largest - Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0))
    })
  })

/** Σ of the log-probabilities of the tokens from the `from`-th on. */
export const flatLikelihood = (
  policy: Policy,
  tokens: readonly number[],
  from: number,
  options: Parameters<typeof flatLogProbs>[2] = {},
): number =>
  flatLogProbs(policy, tokens, options)
    .slice(from - 1)
    .reduce((sum, x) => sum + x, 0)
