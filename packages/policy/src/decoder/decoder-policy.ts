import { type Head, frozenHeadLogProbs, headLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type {
  BranchInput,
  BranchStates,
  Cache,
  CachedDecoding,
  Columns,
  Policy,
  Tensors,
  TokenInput,
} from '../policy.ts'
import { type Pass, decoder, headOf, headTrains, unembed } from './decoder.ts'
import { type LoraScale, type Model, modelOf } from './parameters.ts'
import { inRows, trainedHeadLogProbs } from './read-tokens.ts'
import { cacheBias, causalBias, columnsOf, filledBias, positionsOf } from './visibility.ts'

/** The functions of a Policy that a decoder gives. */
export type DecoderFunctions = Required<
  Pick<Policy, 'logits' | 'hidden' | 'unembed' | 'logProbs' | 'cached' | 'branched'>
>

/** A shape is known when a function is compiled, so what does not fit is told then, not by a stray gather later. */
const mustFit = (config: DecoderConfig, width: number, { start, count }: Columns): void => {
  if (width > config.context)
    throw new RangeError(
      `${width} columns are more than the model's ${config.context} positions: shorten the longest row (fittedRow)`,
    )
  if (start < 0 || count < 1 || start + count > width)
    throw new RangeError(`columns ${start} to ${start + count} are not within the ${width} of the batch`)
}

/** Columns of a cache. */
const columnsIn = (cache: Cache): number => cache['k.0']!.shape[2]!

/** The teacher-forced, cached and branched forwards of one configuration: ways to ask the same decoder. */
export const decoderFunctions = (config: DecoderConfig, loraScale: LoraScale): DecoderFunctions => {
  /** A pass over left-padded rows: positions count from the first real token. */
  const padded = (tokens: tf.Tensor2D, pad: tf.Tensor1D, columns: Columns): Pass => {
    const [rows, width] = tokens.shape
    mustFit(config, width, columns)
    const column = columnsOf(width)
    const before = tf.reshape(pad, [rows, 1])
    return {
      tokens,
      positions: positionsOf(pad, width),
      longest: width,
      present: tf.greaterEqual(column, before),
      visible: (window) => ({ bias: causalBias(pad, width, window) }),
      columns,
    }
  }

  const modelWith = (constants: Tensors, trainable: Tensors | null): Model =>
    modelOf(config, loraScale, constants, trainable)

  /** Logits [rows, count, vocab] of hidden states [rows · count, hidden]. */
  const logitsOf = (model: Model, hidden: tf.Tensor2D, rows: number): tf.Tensor3D =>
    tf.reshape(unembed(model, hidden), [rows, hidden.shape[0] / rows, config.vocab])

  /** The trunk's pass, then one row for each branch against the trunk's keys and values, which they share. */
  const branched = (
    model: Model,
    { trunk: { tokens, pad }, branches, after }: BranchInput,
    columns: Columns,
  ): BranchStates => {
    const [rows, width] = tokens.shape
    const [, count, length] = branches.shape
    // Columns past the context hold padding only (a row's own positions start after its left padding).
    const longest = Math.min(Math.max(...after) + length, config.context)
    const trunk = decoder(model, padded(tokens, pad, columns))
    const pads = tf.reshape(tf.tile(tf.reshape(pad, [rows, 1]), [1, count]), [rows * count]) as tf.Tensor1D
    const starts = tf.tile(tf.tensor1d([...after], 'int32'), [rows])
    const onward = tf.add(tf.reshape(tf.sub(starts, pads), [rows * count, 1]), columnsOf(length))
    const positions = tf.minimum(onward, tf.scalar(longest - 1, 'int32'))
    const { hidden } = decoder(model, {
      tokens: tf.reshape(branches, [rows * count, length]),
      positions: positions as tf.Tensor2D,
      longest,
      visible: (window) => ({
        bias: causalBias(tf.zeros([1], 'int32'), length, window),
        pastBiases: [cacheBias(pads, starts, width, length, window)],
      }),
      pasts: [trunk.fresh],
      columns: { start: 0, count: length },
    })
    return {
      trunk: tf.reshape(trunk.hidden, [rows, columns.count, config.hidden]),
      branches: tf.reshape(hidden, [rows, count, length, config.hidden]),
    }
  }

  const cached: CachedDecoding = {
    layers: config.layers,
    head: [config.kvHeads, config.headDim],
    prefill: (constants, trainable, { tokens, pad }) => {
      const model = modelWith(constants, trainable)
      const { hidden, fresh } = decoder(model, padded(tokens, pad, { start: tokens.shape[1] - 1, count: 1 }))
      return { logits: unembed(model, hidden), fresh }
    },
    decode: (constants, trainable, { tokens, filled, cache, prompt }) => {
      const rows = tokens.shape[0]
      const model = modelWith(constants, trainable)
      const position = prompt === undefined ? filled : tf.add<tf.Tensor1D>(prompt.length, filled)
      const behind = [
        ...(prompt === undefined ? [] : [{ cache: prompt.cache, filled: prompt.length, query: position }]),
        { cache, filled, query: filled },
      ]
      const { hidden, fresh } = decoder(model, {
        tokens: tf.reshape(tokens, [rows, 1]),
        positions: tf.reshape(position, [rows, 1]),
        longest: Math.min(
          behind.reduce((sum, past) => sum + columnsIn(past.cache), 1),
          config.context,
        ),
        visible: (window) => ({
          pastBiases: behind.map((past) => filledBias(past.filled, columnsIn(past.cache), window, past.query)),
        }),
        pasts: behind.map((past) => past.cache),
        columns: { start: 0, count: 1 },
      })
      return { logits: unembed(model, hidden), fresh }
    },
  }

  const hiddenOf = (model: Model, { tokens, pad }: TokenInput, columns: Columns): tf.Tensor2D =>
    decoder(model, padded(tokens, pad, columns)).hidden

  return {
    logits: (constants, trainable, input, columns) => {
      const model = modelWith(constants, trainable)
      return logitsOf(model, hiddenOf(model, input, columns), input.tokens.shape[0])
    },
    hidden: (constants, trainable, input, columns) =>
      tf.reshape(hiddenOf(modelWith(constants, trainable), input, columns), [
        input.tokens.shape[0],
        columns.count,
        config.hidden,
      ]),
    unembed: (constants, trainable, hidden) => {
      const [rows, count] = hidden.shape
      return logitsOf(modelWith(constants, trainable), tf.reshape(hidden, [rows * count, config.hidden]), rows)
    },
    logProbs: (constants, trainable, hidden, tokens, { readings, rules = (own: Head): Head => own } = {}) => {
      const [rows, count, k] = tokens.shape
      const x = tf.reshape<tf.Rank.R2>(hidden, [rows * count, config.hidden])
      const ids = tf.reshape<tf.Rank.R2>(tokens, [rows * count, k])
      const head = rules(headOf(modelWith(constants, trainable)))
      if (trainable !== null && headTrains(config, trainable))
        return inRows(trainedHeadLogProbs(x, ids, head, readings), rows)
      // Nothing of the reference is differentiated, even within a loss.
      const scored = trainable === null ? headLogProbs : frozenHeadLogProbs
      return inRows(scored(x, ids, head, readings), rows)
    },
    branched: (constants, trainable, input, columns) => branched(modelWith(constants, trainable), input, columns),
    cached,
  }
}
