import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { BranchInput, BranchLogits, CachedDecoding, Columns, Policy } from '../policy.ts'
import { type Pass, decoder } from './decoder.ts'
import { type Model, modelOf } from './parameters.ts'
import { cacheBias, causalBias, columnsOf, filledBias } from './visibility.ts'

/** The functions of a Policy that a decoder gives. */
export type DecoderFunctions = Required<Pick<Policy, 'logits' | 'cached' | 'branched'>>

/** A shape is known when a function is compiled, so what does not fit is told then, not by a stray gather later. */
const mustFit = (config: DecoderConfig, width: number, { start, count }: Columns): void => {
  if (width > config.context)
    throw new RangeError(`${width} columns are more than the model's ${config.context} positions`)
  if (start < 0 || count < 1 || start + count > width)
    throw new RangeError(`columns ${start} to ${start + count} are not within the ${width} of the batch`)
}

/** The teacher-forced, cached and branched forwards of one configuration: ways to ask the same decoder. */
export const decoderFunctions = (config: DecoderConfig, loraScale: number): DecoderFunctions => {
  /** A pass over left-padded rows: positions count from the first real token. */
  const padded = (tokens: tf.Tensor2D, pad: tf.Tensor1D, columns: Columns): Pass => {
    const [rows, width] = tokens.shape
    mustFit(config, width, columns)
    const column = columnsOf(width)
    const before = tf.reshape(pad, [rows, 1])
    return {
      tokens,
      positions: tf.maximum(tf.sub(column, before), tf.scalar(0, 'int32')),
      longest: width,
      present: tf.greaterEqual(column, before),
      bias: causalBias(pad, width),
      columns,
    }
  }

  /** The trunk's pass, then one row for each branch against the trunk's keys and values, which they share. */
  const branched = (model: Model, { trunk: { tokens, pad }, branches, after }: BranchInput, columns: Columns): BranchLogits => {
    const [rows, width] = tokens.shape
    const [, count, length] = branches.shape
    // Columns past the context hold padding only (a row's own positions start after its left padding).
    const longest = Math.min(Math.max(...after) + length, config.context)
    const trunk = decoder(model, padded(tokens, pad, columns))
    const pads = tf.reshape(tf.tile(tf.reshape(pad, [rows, 1]), [1, count]), [rows * count]) as tf.Tensor1D
    const starts = tf.tile(tf.tensor1d([...after], 'int32'), [rows])
    const onward = tf.add(tf.reshape(tf.sub(starts, pads), [rows * count, 1]), columnsOf(length))
    const positions = tf.minimum(onward, tf.scalar(longest - 1, 'int32'))
    const { logits } = decoder(model, {
      tokens: tf.reshape(branches, [rows * count, length]),
      positions: positions as tf.Tensor2D,
      longest,
      bias: causalBias(tf.zeros([1], 'int32'), length),
      past: { cache: trunk.fresh, bias: cacheBias(pads, starts, width) },
      columns: { start: 0, count: length },
    })
    return { trunk: trunk.logits, branches: tf.reshape(logits, [rows, count, length, config.vocab]) }
  }

  const cached: CachedDecoding = {
    layers: config.layers,
    head: [config.kvHeads, config.headDim],
    prefill: (constants, trainable, { tokens, pad }) => {
      const [rows, width] = tokens.shape
      const { logits, fresh } = decoder(
        modelOf(config, loraScale, constants, trainable),
        padded(tokens, pad, { start: width - 1, count: 1 }),
      )
      return { logits: tf.reshape(logits, [rows, config.vocab]), fresh }
    },
    decode: (constants, trainable, { tokens, filled, cache }) => {
      const rows = tokens.shape[0]
      const capacity = cache['k.0']!.shape[2]!
      const { logits, fresh } = decoder(modelOf(config, loraScale, constants, trainable), {
        tokens: tf.reshape(tokens, [rows, 1]),
        positions: tf.reshape(filled, [rows, 1]),
        longest: Math.min(capacity + 1, config.context),
        past: { cache, bias: filledBias(filled, capacity) },
        columns: { start: 0, count: 1 },
      })
      return { logits: tf.reshape(logits, [rows, config.vocab]), fresh }
    },
  }

  return {
    logits: (constants, trainable, { tokens, pad }, columns) =>
      decoder(modelOf(config, loraScale, constants, trainable), padded(tokens, pad, columns)).logits,
    branched: (constants, trainable, input, columns) =>
      branched(modelOf(config, loraScale, constants, trainable), input, columns),
    cached,
  }
}
