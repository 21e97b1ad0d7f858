import * as tf from '@tensorflow/tfjs-core'
import { scatterAdd } from './scatter-add.ts'

/** Rows whose logits are there at one time: packing the head for a block costs what 50 rows more would. */
const BLOCK = 512

/** The same value, through which no gradient flows. */
const detached = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.customGrad((given) => ({ value: tf.clone(given as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) }))(
    x,
  ) as tf.Tensor2D

/** What is known of a token and of the logits that it was chosen by. */
export interface ScoredTokens {
  /** [n, vocab] */
  readonly logits: tf.Tensor2D
  /** [n, 1] nats */
  readonly logProb: tf.Tensor2D
  /** [n, 1] nats, log-probability of the likeliest token: `logProb` of that token to the bit */
  readonly largest: tf.Tensor2D
}

/** One number a row, [n, 1], read of its logits beside the log-probability; no gradient flows through it. */
export type TokenReading = (scored: ScoredTokens) => tf.Tensor2D

/**
 * Of a block's rows: ∂ log p(id) / ∂ hidden, and in a column more each log p(id) and what else is read. They are one
 * array so that whoever runs the graph is done with a block's logits when it begins the next.
 */
const slopesAndValues = (
  hidden: tf.Tensor2D,
  ids: tf.Tensor1D,
  head: (hidden: tf.Tensor2D) => tf.Tensor2D,
  readings: readonly TokenReading[],
): tf.Tensor2D => {
  const logits = head(hidden)
  const [rows, vocab] = logits.shape
  const at = tf.add(ids, tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(vocab, 'int32'))) as tf.Tensor1D
  const chosen = tf.reshape(tf.gather(tf.reshape(logits, [rows * vocab]), at), [rows, 1])
  // what is read of the logits is read before the exponentials take their memory
  const [taken, most] = tf.split<tf.Tensor2D>(tf.concat([chosen, tf.max(logits, -1, true)], 1), 2, 1)
  const weights = tf.exp(tf.sub(logits, most!))
  const total = tf.sum<tf.Tensor2D>(weights, -1, true)
  const excess = scatterAdd(tf.reshape(weights, [rows * vocab]), at, tf.reshape(tf.neg(total), [rows]))
  const slope = tf.grad((x) => head(x as tf.Tensor2D))(hidden, tf.reshape(excess, [rows, vocab]))
  const largest = tf.neg(tf.log(total))
  const logProb = tf.add<tf.Tensor2D>(tf.sub(taken!, most!), largest)
  const read = readings.map((reading) => reading({ logits, logProb, largest }))
  return tf.concat([tf.neg(tf.div<tf.Tensor2D>(slope, total)), logProb, ...read], 1)
}

/** Log-probabilities and readings of n rows. */
export interface ReadTokens<Name extends string> {
  /** [n] nats */
  readonly logProb: tf.Tensor1D
  /** [n] each */
  readonly read: Readonly<Record<Name, tf.Tensor1D>>
}

/**
 * Log-probabilities of one token a row by a head that does not train: `tokenLogProbs(head(hidden), ids)`, of which
 * [n, vocab] is never whole in memory. The gradient is linear in what comes back, so its vector is made beside the
 * value, and the logits of a block of rows are gone when the next begins:
 *
 *   log p(id) = logits[id] − log Σ_v exp logits[v],   ∂/∂hidden = Jᵀ (1[v = id] − softmax(logits)[v]),   J = ∂ head
 *
 * Nothing that `head` reads besides `hidden` gets a gradient, and nothing flows through `read`.
 *
 * @param hidden [n, width]
 * @param ids [n] int32
 * @param head [rows, width] → [rows, vocab], row by row
 * @param readings what else is to be read of each row's logits, by name
 * @param block rows whose logits are there at one time, default 512
 * @example frozenHeadLogProbs(hidden, ids, (x) => tf.matMul(x, embedding, false, true)).logProb
 */
export const frozenHeadLogProbs = <Name extends string = never>(
  hidden: tf.Tensor2D,
  ids: tf.Tensor1D,
  head: (hidden: tf.Tensor2D) => tf.Tensor2D,
  readings: Readonly<Record<Name, TokenReading>> = {} as Readonly<Record<Name, TokenReading>>,
  block: number = BLOCK,
): ReadTokens<Name> => {
  const [n, width] = hidden.shape
  const still = detached(hidden)
  const names = Object.keys(readings) as Name[]
  const found = Array.from({ length: Math.ceil(n / block) }, (_, i) => {
    const [from, rows] = [i * block, Math.min(block, n - i * block)]
    const states = tf.slice2d(still, [from, 0], [rows, width])
    return slopesAndValues(states, tf.slice1d(ids, from, rows), head, Object.values<TokenReading>(readings))
  })
  const widths = [width, 1, ...names.map(() => 1)]
  const [slopes, value, ...read] = tf.split<tf.Tensor2D>(tf.concat(found, 0), widths, 1)
  const column = (x: tf.Tensor2D): tf.Tensor1D => tf.reshape(x, [n])
  const logProb = tf.customGrad((...given) => {
    const save = given[1] as unknown as tf.GradSaveFunc
    save([slopes!])
    return {
      value: column(value!),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, tf.reshape(dy, [n, 1])),
    }
  })(hidden) as tf.Tensor1D
  return {
    logProb,
    read: Object.fromEntries(names.map((name, i) => [name, column(read[i]!)])) as Record<Name, tf.Tensor1D>,
  }
}
