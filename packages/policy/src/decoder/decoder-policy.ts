import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { CachedDecoding, Columns, Policy } from '../policy.ts'
import { type Pass, decoder } from './decoder.ts'
import { modelOf } from './parameters.ts'
import { cacheBias, causalBias, columnsOf, layoutBias } from './visibility.ts'

/** The functions of a Policy that a decoder gives. */
export type DecoderFunctions = Required<Pick<Policy, 'logits' | 'cached' | 'logitsUnder'>>

/** A shape is known when a function is compiled, so what does not fit is told then, not by a stray gather later. */
const mustFit = (config: DecoderConfig, width: number, { start, count }: Columns): void => {
  if (width > config.context)
    throw new RangeError(`${width} columns are more than the model's ${config.context} positions`)
  if (start < 0 || count < 1 || start + count > width)
    throw new RangeError(`columns ${start} to ${start + count} are not within the ${width} of the batch`)
}

/** The teacher-forced, cached and laid-out forwards of one configuration: four ways to ask the same decoder. */
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
    decode: (constants, trainable, { tokens, pad, filled, cache }) => {
      const rows = tokens.shape[0]
      const capacity = cache['k.0']!.shape[2]!
      const { logits, fresh } = decoder(modelOf(config, loraScale, constants, trainable), {
        tokens: tf.reshape(tokens, [rows, 1]),
        positions: tf.reshape(tf.sub(filled, pad), [rows, 1]),
        longest: Math.min(capacity + 1, config.context),
        past: { cache, bias: cacheBias(pad, filled, capacity) },
        columns: { start: 0, count: 1 },
      })
      return { logits: tf.reshape(logits, [rows, config.vocab]), fresh }
    },
  }

  return {
    logits: (constants, trainable, { tokens, pad }, columns) =>
      decoder(modelOf(config, loraScale, constants, trainable), padded(tokens, pad, columns)).logits,
    logitsUnder: (constants, trainable, { tokens, positions, visible }, columns) => {
      const width = tokens.shape[1]
      mustFit({ ...config, context: Infinity }, width, columns)
      return decoder(modelOf(config, loraScale, constants, trainable), {
        tokens,
        positions,
        longest: Math.min(width, config.context),
        bias: layoutBias(visible),
        columns,
      }).logits
    },
    cached,
  }
}
