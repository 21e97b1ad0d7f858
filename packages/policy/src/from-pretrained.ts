import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Adapter } from './adapter/adapter.ts'
import type { LoraOptions } from './adapter/lora.ts'
import { readPeft } from './adapter/peft.ts'
import { resolveAdapter } from './adapter/resolve-adapter.ts'
import { architectureOf, parseConfig } from './architectures/architectures.ts'
import type { ConfigJson } from './architectures/config-fields.ts'
import type { DecoderConfig } from './architectures/decoder-config.ts'
import { tensorsOf } from './architectures/modules.ts'
import type { HubOptions } from './hub/hub-source.ts'
import { resolveModel } from './hub/resolve-model.ts'
import { loadTokenizer } from './load-tokenizer.ts'
import { type Keep, type Wanted, keepFloats, loadWeights } from './load-weights.ts'
import { type Train, parametersOf } from './parameters-of.ts'
import { type PolicyFault, policyFault } from './policy-fault.ts'
import { type PretrainedPolicy, pretrainedPolicy } from './pretrained-policy.ts'
import { keepQuantized } from './quantize/keep-quantized.ts'
import type { Quantization } from './quantize/quantize-blocks.ts'
import { type QuantizeOptions, quantizationOf } from './quantize/quantize-weights.ts'
import { readJson } from './read-json.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface LoadOptions extends Omit<HubOptions, 'weights'> {
  /**
   * A new adapter (`lora({ r: 16 })`), or a PEFT adapter's directory or hub id, with its revision if need be:
   * `organisation/name@v1`. The score head in an adapter is `loadClassifier`'s to read.
   */
  readonly adapter?: LoraOptions | string
  /**
   * Keeps the linear layers but the head in blocks of 4 or 8 bits, frozen: `{ bits: 4, block: 32 }`. Adapters train on
   * top. Default: float32.
   */
  readonly quantize?: QuantizeOptions
  /** What trains (default: the adapter if there is one, else nothing). */
  readonly train?: Train
}

const adapterOf = (
  given: LoraOptions | string | undefined,
  config: DecoderConfig,
  options: HubOptions,
): TE.TaskEither<PolicyFault, LoraOptions | Adapter | undefined> => {
  if (typeof given !== 'string') return TE.right(given)
  return pipe(
    resolveAdapter(given, options),
    TE.chain((directory) => readPeft(directory, config)),
  )
}

const keepAs = (quantize: QuantizeOptions | undefined, config: DecoderConfig): E.Either<PolicyFault, Keep> =>
  quantize === undefined
    ? E.right(keepFloats)
    : E.map((quantization: Quantization) => keepQuantized(config, quantization))(quantizationOf(quantize, config))

/**
 * The tokenizer if the directory has one; its ids must be rows of the embedding. Added tokens past the last row are left
 * out, as Gemma 3's without sight have one for images; bos, eos and pad must be within.
 */
const tokenizerFor = (directory: string, vocab: number): TE.TaskEither<PolicyFault, Tokenizer | undefined> =>
  existsSync(join(directory, 'tokenizer.json'))
    ? pipe(
        loadTokenizer(directory, vocab),
        TE.filterOrElse(
          ({ vocabSize, bos = 0, eos = 0, pad = 0 }) => vocabSize <= vocab && Math.max(bos, eos, pad) < vocab,
          ({ vocabSize, bos, eos, pad }) =>
            policyFault(
              'TokenizerCorrupt',
              vocabSize > vocab
                ? `${directory}: the tokenizer has ${vocabSize} tokens, config.json's vocab_size is ${vocab}`
                : `${directory}: bos ${bos}, eos ${eos} and pad ${pad} must be below config.json's vocab_size, ${vocab}`,
              'Use the tokenizer that was saved with the model',
              { directory, vocabSize, vocab },
            ),
        ),
      )
    : TE.right(undefined)

/** A policy, and the adapter that was read for it. */
export interface Loaded {
  readonly policy: PretrainedPolicy
  readonly adapter: LoraOptions | Adapter | undefined
}

/** Loads a model with the tensors that its configuration asks for, in the eyes of `wanted`. */
export const loadWith =
  (wanted: (config: DecoderConfig, json: ConfigJson, adapter: Loaded['adapter']) => E.Either<PolicyFault, Wanted>) =>
  (idOrDirectory: string, { adapter, train, quantize, ...hub }: LoadOptions): TE.TaskEither<PolicyFault, Loaded> =>
    pipe(
      TE.Do,
      TE.bind('directory', () => resolveModel(idOrDirectory, hub)),
      TE.bind('configJson', ({ directory }) =>
        readJson(
          join(directory, 'config.json'),
          { missing: 'ModelNotFound', corrupt: 'ConfigInvalid' },
          'Name a directory with config.json and safetensors, or download the model again',
        ),
      ),
      TE.bind('config', ({ configJson }) => TE.fromEither(parseConfig(configJson))),
      TE.bind('row', ({ configJson }) => TE.fromEither(architectureOf(configJson))),
      TE.bind('tokenizer', ({ directory, config }) => tokenizerFor(directory, config.vocab)),
      TE.bind('given', ({ config }) => adapterOf(adapter, config, hub)),
      TE.bind('tensors', ({ config, configJson, given }) => TE.fromEither(wanted(config, configJson, given))),
      TE.bind('keep', ({ config }) => TE.fromEither(keepAs(quantize, config))),
      TE.bind('weights', ({ directory, tensors, row, keep }) => loadWeights(directory, tensors, row.canonical, keep)),
      TE.bind('parameters', ({ config, weights, given }) => TE.fromEither(parametersOf(config, weights, given, train))),
      TE.map(({ directory, configJson, config, tokenizer, given, parameters }) => ({
        adapter: given,
        policy: pretrainedPolicy({
          name: idOrDirectory,
          config,
          configJson,
          modelDirectory: directory,
          tokenizer,
          ...parameters,
        }),
      })),
    )

/**
 * Loads a policy from a Hugging Face directory or the hub: config.json, safetensors, tokenizer, adapter. Whatever is
 * missing, damaged or not supported is a fault naming the file and field.
 *
 * @example
 * const policy = await loadPolicy('models/stories260K', { adapter: lora({ r: 8 }) })()
 */
export const loadPolicy = (
  idOrDirectory: string,
  options: LoadOptions = {},
): TE.TaskEither<PolicyFault, PretrainedPolicy> =>
  pipe(
    loadWith((config) => E.right(tensorsOf(config)))(idOrDirectory, options),
    TE.map(({ policy }) => policy),
  )

/**
 * `loadPolicy` as a Promise that rejects with the fault.
 *
 * @example
 * const policy = await fromPretrained('HuggingFaceTB/SmolLM2-135M', { adapter: lora({ r: 16 }) })
 */
export const fromPretrained = async (idOrDirectory: string, options: LoadOptions = {}): Promise<PretrainedPolicy> => {
  const loaded = await loadPolicy(idOrDirectory, options)()
  if (E.isLeft(loaded)) throw loaded.left
  return loaded.right
}
