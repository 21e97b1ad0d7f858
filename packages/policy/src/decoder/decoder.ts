import { type Head, rowProducts } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig, Position } from '../architectures/decoder-config.ts'
import type { Cache, Columns } from '../policy.ts'
import { type AttentionContext, type Past, attention } from './attention.ts'
import { capped } from './capped.ts'
import { linear } from './linear.ts'
import { mlp } from './mlp.ts'
import { norm } from './norm.ts'
import { type Model, parameter } from './parameters.ts'
import { rotationOf } from './rope.ts'

/** One pass of the decoder, whoever asks for it. */
export interface Pass {
  /** [rows, width] int32 */
  readonly tokens: tf.Tensor2D
  /** [rows, width] int32 */
  readonly positions: tf.Tensor2D
  /** All positions are below this. */
  readonly longest: number
  /** [rows, width] bool, false for padding: its embedding, whatever it holds, is taken as 0. */
  readonly present?: tf.Tensor2D
  /** What the queries see, in layers that look back over a window of columns or, where it is absent, over all. */
  readonly visible: (window?: number) => Visible
  /** Columns before the pass, the earliest first; equal runs of rows may share a row of a cache. */
  readonly pasts?: readonly Cache[]
  /** Columns whose hidden states are wanted. */
  readonly columns: Columns
}

/** Added to scores: 0 where a query sees a column, −1e9 where not. */
export interface Visible {
  /** [rows or 1, 1, width, width] among the pass's own columns; absent when there is only one. */
  readonly bias?: tf.Tensor4D
  /** [rows, 1, width or 1, capacity] of each of the pass's pasts; absent when there are none. */
  readonly pastBiases?: readonly tf.Tensor4D[]
}

const embed = (model: Model, { tokens, positions, present }: Pass): tf.Tensor2D => {
  const { names, embeddingScale } = model.config
  const size = tokens.size
  let x = tf.gather(
    parameter<tf.Tensor2D>(model, `${names.embedding}.weight`),
    tf.reshape(tokens, [size]),
  ) as tf.Tensor2D
  if (embeddingScale !== undefined) x = tf.mul(x, embeddingScale)
  if (names.positions !== undefined)
    x = tf.add(x, tf.gather(parameter<tf.Tensor2D>(model, `${names.positions}.weight`), tf.reshape(positions, [size])))
  return present === undefined
    ? x
    : (tf.where<tf.Tensor>(tf.reshape(present, [size, 1]), x, tf.scalar(0)) as tf.Tensor2D)
}

/** Next-token logits [n, vocab] from the decoder's hidden states [n, hidden]; a tied head is the embedding. */
export const unembed = (model: Model, x: tf.Tensor2D): tf.Tensor2D => {
  const { names, tied, logitCap } = model.config
  const logits: tf.Tensor2D = tied
    ? tf.matMul(x, parameter<tf.Tensor2D>(model, `${names.embedding}.weight`), false, true)
    : linear(model, names.head, x, 'out-in')
  return capped(logits, logitCap)
}

/** `unembed` as a head, which no adapter changes. */
export const headOf = (model: Model): Head => {
  const { names, tied, logitCap } = model.config
  const weight = parameter<tf.Tensor2D>(model, `${tied ? names.embedding : names.head}.weight`)
  const bias = tied ? undefined : model.find(`${names.head}.bias`)
  return {
    logits: (x) => unembed(model, x),
    logitsOf: (x, ids) => {
      const products = rowProducts(x, weight, ids)
      return capped(bias === undefined ? products : tf.add(products, tf.gather(bias, ids)), logitCap)
    },
  }
}

/** Whether any of the parameters that `unembed` reads, or an adapter of them, is among those that train. */
export const headTrains = ({ names, tied }: DecoderConfig, trainable: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(trainable).some((name) => name.startsWith(`${tied ? names.embedding : names.head}.`))

type LayerKind = Visible & Pick<AttentionContext, 'rotation'>

/** What layers of a kind share: the rotation of their queries and keys, and what these see. */
const kindOf = ({ headDim }: DecoderConfig, pass: Pass, position: Position, window?: number): LayerKind => ({
  rotation: position.kind === 'rope' ? rotationOf(pass.positions, pass.longest, headDim, position) : undefined,
  ...pass.visible(window),
})

/** A layer's part of the columns before a pass. */
const pastOf = (cache: Cache, layer: number, bias: tf.Tensor4D): Past => ({
  k: cache[`k.${layer}`] as tf.Tensor4D,
  v: cache[`v.${layer}`] as tf.Tensor4D,
  bias,
})

/** The rows of [rows · width, hidden] that belong to the columns. */
const onlyColumns = (
  x: tf.Tensor2D,
  [rows, width]: readonly [number, number],
  { start, count }: Columns,
): tf.Tensor2D => {
  if (count === width) return x
  const hidden = x.shape[1]
  const kept = tf.slice(tf.reshape(x, [rows, width, hidden]), [0, start, 0], [rows, count, hidden])
  return tf.reshape(kept, [rows * count, hidden])
}

/**
 * The decoder: tokens to hidden states [rows · columns.count, hidden] after the final norm, which `unembed` and other
 * heads read, and the keys and values of the pass's columns. Teacher forcing, prefill, cached decoding and laid-out
 * scoring differ only in the `Pass` they ask for.
 */
export const decoder = (
  model: Model,
  pass: Pass,
): { readonly hidden: tf.Tensor2D; readonly fresh: Record<string, tf.Tensor4D> } => {
  const { config } = model
  const { names, position, sliding } = config
  const [rows, width] = pass.tokens.shape
  const whole = kindOf(config, pass, position)
  const near = sliding && kindOf(config, pass, sliding.position ?? position, sliding.window)
  const fresh: Record<string, tf.Tensor4D> = {}

  let x = embed(model, pass)
  for (let layer = 0; layer < config.layers; layer++) {
    const at = (name: string): string => `${names.layers}.${layer}.${name}`
    // Of the last layer's outputs nobody reads the other columns.
    const columns = layer === config.layers - 1 ? pass.columns : { start: 0, count: width }
    const { rotation, bias, pastBiases = [] } = near !== undefined && sliding?.layers[layer] === true ? near : whole
    const pasts = pastBiases.map((seen, i) => pastOf(pass.pasts![i]!, layer, seen))
    const normal = (name: string | undefined, branch: tf.Tensor2D): tf.Tensor2D =>
      name === undefined ? branch : norm(model, at(name), branch)
    const mixed = attention(model, at, norm(model, at(names.attentionNorm), x), {
      rows,
      width,
      rotation,
      bias,
      pasts,
      columns,
    })
    fresh[`k.${layer}`] = mixed.fresh.k
    fresh[`v.${layer}`] = mixed.fresh.v
    x = tf.add(onlyColumns(x, pass.tokens.shape, columns), normal(names.attentionOutNorm, mixed.out))
    x = tf.add(x, normal(names.mlpOutNorm, mlp(model, at, norm(model, at(names.mlpNorm), x))))
  }

  return { hidden: norm(model, names.finalNorm, x), fresh }
}
