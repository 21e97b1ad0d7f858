import { type Fault, fault } from '@gfnlm/env'
import { type HostTensors, type OnnxFile, openOnnx } from '@gfnlm/jit'
import { type HubOptions, type Tokenizer, loadTokenizer, resolveModel } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { batchSize, mostTokens } from './most-tokens.ts'
import { type Json, readJsonAt } from './read-json-at.ts'
import { truncated } from './truncated.ts'

/** File names of transformers.js's `dtype`s. */
const SUFFIX = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const

export interface EncoderOptions extends Omit<HubOptions, 'weights'> {
  /** Which of the directory's ONNX files: fp32 (default) is onnx/model.onnx, q8 onnx/model_quantized.onnx, and so on. */
  readonly dtype?: keyof typeof SUFFIX
  /**
   * Tokens that longer texts are cut to, special ones included; at least one more than these. Default:
   * sentence_bert_config.json's max_seq_length, or tokenizer_config.json's model_max_length, and no more than
   * config.json has positions for.
   */
  readonly maxTokens?: number
  /** Texts at a time, at least 1. Default 32. */
  readonly batch?: number
}

/** What an encoder makes of some texts, padded on the right. */
export interface Encoded {
  /** [texts, …] float32 */
  readonly output: HostTensors[string]
  /** [texts, width] 1 for a token, 0 for padding */
  readonly mask: Uint8Array
}

/** A frozen text encoder. */
export interface Encoder {
  /** Where its files are. */
  readonly directory: string
  readonly config: Json
  /** Texts, some at a time; rejects with a fault where the model cannot be run on them. */
  readonly encode: (texts: readonly string[]) => AsyncIterable<Encoded>
}

const FIX = 'Name a directory as transformers.js has them: config.json, tokenizer.json, onnx/model.onnx'

const invalid = (what: string, detail: Json, fix: string = FIX): Fault => fault('EncoderInvalid', what, fix, detail)

/** A model and the file it was read from. */
interface Opened {
  readonly path: string
  readonly model: OnnxFile
}

/** Inputs that can be fed, from the ids of right-padded texts. */
const FEEDS: Readonly<Record<string, (ids: BigInt64Array, mask: BigInt64Array) => BigInt64Array>> = {
  input_ids: (ids) => ids,
  attention_mask: (_, mask) => mask,
  token_type_ids: (ids) => new BigInt64Array(ids.length),
}

const encoded = async (
  { path, model }: Opened,
  rows: readonly Int32Array[],
  pad: number,
  name: string,
): Promise<Encoded> => {
  const width = Math.max(1, ...rows.map(({ length }) => length))
  const ids = new BigInt64Array(rows.length * width).fill(BigInt(pad))
  const mask = new BigInt64Array(rows.length * width)
  rows.forEach((row, r) =>
    row.forEach((id, i) => {
      ids[r * width + i] = BigInt(id)
      mask[r * width + i] = 1n
    }),
  )
  const shape = [rows.length, width]
  const feeds = Object.fromEntries(model.inputs.map((input) => [input, { shape, data: FEEDS[input]!(ids, mask) }]))
  const { [name]: output } = await model.run(feeds).catch((cause: unknown) => {
    throw invalid(
      `${path} could not be run on ${rows.length} texts of ${width} tokens: ${(cause as Error).message}`,
      { path, shape, cause },
      'Check that config.json and tokenizer.json are those of the model; maxTokens cuts texts that are too long for it',
    )
  })
  if (output?.dtype !== 'float32')
    throw invalid(`the model's ${name} are ${output?.dtype}, not float32`, { name }, "Use dtype 'fp32' or 'q8'")
  return { output, mask: Uint8Array.from(mask, Number) }
}

const readIfAny = (path: string): TE.TaskEither<Fault, Json> => (existsSync(path) ? readJsonAt(path) : TE.right({}))

const openModel = (path: string, output: string): TE.TaskEither<Fault, Opened> =>
  pipe(
    TE.tryCatch(
      () => openOnnx(path),
      (cause) => invalid((cause as Error).message, { path, cause }),
    ),
    TE.chainEitherK((model) => {
      const { inputs, outputs } = model
      const strange = inputs.filter((input) => FEEDS[input] === undefined)
      if (strange.length > 0)
        return E.left(
          invalid(
            `${path} takes ${strange.join(', ')}, which a text encoder does not`,
            { path, inputs },
            'Use an encoder: BERT, RoBERTa, ModernBERT and their like',
          ),
        )
      return outputs.includes(output)
        ? E.right({ path, model })
        : E.left(
            invalid(
              `${path} has no ${output} but ${outputs.join(', ')}`,
              { path, outputs },
              'A classifier has logits, an embedding model last_hidden_state',
            ),
          )
    }),
  )

const encoderOf = (
  directory: string,
  opened: Opened,
  config: Json,
  tokenizer: Tokenizer,
  output: string,
  { maxTokens, batch }: Required<Pick<EncoderOptions, 'maxTokens' | 'batch'>>,
): Encoder => ({
  directory,
  config,
  encode: async function* (texts) {
    for (let from = 0; from < texts.length; from += batch) {
      const rows = texts.slice(from, from + batch).map((text) => truncated(tokenizer, text, maxTokens))
      yield encoded(opened, rows, tokenizer.pad ?? 0, output)
    }
  },
})

/** The tokenizer, of texts in small letters where sentence_bert_config.json says so. */
const readerOf = (tokenizer: Tokenizer, { do_lower_case: lower }: Json): Tokenizer =>
  lower === true
    ? { ...tokenizer, encode: (text, options) => tokenizer.encode(text.toLowerCase(), options) }
    : tokenizer

/**
 * A text encoder from a directory in the layout of transformers.js, or from the hub. It runs on the engine's thread, so
 * the caller's event loop is free; tokenizing happens on the caller's thread.
 *
 * @param output what is wanted of the model: `logits` of a classifier, `last_hidden_state` of another
 * @returns the encoder, or a fault that names the file that is missing, damaged or of another kind of model
 */
export const loadEncoder = (
  idOrDirectory: string,
  output: 'logits' | 'last_hidden_state',
  { dtype = 'fp32', maxTokens, batch = 32, ...hub }: EncoderOptions = {},
): TE.TaskEither<Fault, Encoder> => {
  const weights = `onnx/model${SUFFIX[dtype]}.onnx`
  return pipe(
    TE.fromEither(batchSize(batch)),
    TE.bindTo('size'),
    TE.bind('directory', (): TE.TaskEither<Fault, string> => resolveModel(idOrDirectory, { ...hub, weights })),
    TE.bind('path', ({ directory }) => {
      const path = join(directory, weights)
      return existsSync(path) ? TE.right(path) : TE.left(invalid(`there is no ${path}`, { path }))
    }),
    TE.bind('config', ({ directory }) => readJsonAt(join(directory, 'config.json'))),
    TE.bind('settings', ({ directory }) => readIfAny(join(directory, 'tokenizer_config.json'))),
    TE.bind('sentences', ({ directory }) => readIfAny(join(directory, 'sentence_bert_config.json'))),
    TE.bind('tokenizer', ({ directory }): TE.TaskEither<Fault, Tokenizer> => loadTokenizer(directory)),
    TE.bind('most', ({ directory, config, settings, sentences, tokenizer }) =>
      TE.fromEither(mostTokens(directory, { config, settings, sentences }, tokenizer, maxTokens)),
    ),
    TE.bind('opened', ({ path }) => openModel(path, output)),
    TE.map(({ size, directory, opened, config, sentences, tokenizer, most }) =>
      encoderOf(directory, opened, config, readerOf(tokenizer, sentences), output, { maxTokens: most, batch: size }),
    ),
  )
}
