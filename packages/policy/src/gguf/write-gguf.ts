import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename, join } from 'node:path'
import { loraScaleOf } from '../adapter/adapted-modules.ts'
import { mergedWeights } from '../adapter/merge.ts'
import { modulesOf } from '../architectures/modules.ts'
import { chatTemplateTexts } from '../chat-template/load-chat-template.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { specialTokenIds } from '../special-token-ids.ts'
import { writeBeside } from '../write-beside.ts'
import { type GgufDtype, type GgufMetadata, ggufPieces } from './container.ts'
import { familyOf } from './family.ts'
import { type GgufTokenizer, ggufTokenizer } from './gguf-tokenizer.ts'
import { hyperparameters, reachNotes } from './hyperparameters.ts'
import type { Misfit } from './misfit.ts'
import { readTokenizerJson } from './read-tokenizer-json.ts'
import { type SpecialTokens, specialTokensOf } from './special-tokens.ts'
import { ggufTensors } from './tensors.ts'
import { type TokenizerJson, idsByToken } from './tokenizer-json.ts'
import { tokenizerNotes } from './tokenizer-notes.ts'
import { vocabulary } from './vocabulary.ts'

export interface GgufOptions {
  /** How matrices are stored (default F32). */
  readonly dtype?: GgufDtype
  /**
   * What the file takes: text (default), for which llama.cpp must have the model's tokenizer, or ids alone, which every
   * model can.
   */
  readonly input?: 'text' | 'ids'
}

/** What a written file has besides the weights. */
export interface WrittenGguf {
  /** llama.cpp's tokenizer in the file; with `ids` it has none: give it token ids, never text. */
  readonly tokenizer: GgufTokenizer['kind']
  /** Where what runs the file departs from the model, each in a sentence. */
  readonly notes: readonly string[]
}

interface Words extends WrittenGguf {
  readonly metadata: GgufMetadata
}

const IDS: GgufTokenizer = { kind: 'ids' }

const unsupported =
  (path: string) =>
  ({ feature, what }: Misfit): PolicyFault =>
    policyFault(
      'TokenizerUnsupported',
      `${path}: ${feature} ${what}`,
      "Write a file that takes token ids alone (input 'ids', gfnlm export --input ids)",
      { path, feature },
    )

/** The special tokens of a model without a tokenizer, whose config.json was checked when it was read. */
const idsOf = ({ configJson, config }: PretrainedPolicy): SpecialTokens =>
  pipe(
    specialTokenIds(configJson, config.vocab),
    E.match(
      () => ({}),
      ({ bos, eos }) => ({ bos, eos: eos[0] }),
    ),
  )

/** The tokenizer of a policy as llama.cpp's, or as token ids alone. */
const wordsOf = (
  policy: PretrainedPolicy,
  json: TokenizerJson,
  input: GgufOptions['input'],
): E.Either<Misfit, Words> => {
  const { tokenizer, config } = policy
  const ids = input === 'ids' || tokenizer === undefined
  const bare: SpecialTokens = tokenizer ?? idsOf(policy)
  return pipe(
    E.Do,
    E.bind('kind', () => (ids ? E.right(IDS) : ggufTokenizer(json))),
    E.bind('special', () => (ids ? E.right(bare) : specialTokensOf(tokenizer, json, idsByToken(json, config.vocab)))),
    E.map(({ kind, special }) => ({
      tokenizer: kind.kind,
      notes: ids ? ['the file has no tokenizer: give it token ids, not text'] : tokenizerNotes(kind, json),
      metadata: vocabulary(kind, json, special, config.vocab),
    })),
  )
}

/** The tokenizer and the chat template in the directory that a policy comes from. */
const textOf = (policy: PretrainedPolicy, input: GgufOptions['input']): TE.TaskEither<PolicyFault, Words> => {
  const { modelDirectory: directory, config } = policy
  if (directory === undefined)
    return pipe(wordsOf(policy, {}, input), E.mapLeft(unsupported(policy.name)), TE.fromEither)
  return pipe(
    TE.Do,
    TE.bind('json', () => readTokenizerJson(directory, config.vocab)),
    TE.bind('words', ({ json }) =>
      pipe(wordsOf(policy, json, input), E.mapLeft(unsupported(join(directory, 'tokenizer.json'))), TE.fromEither),
    ),
    TE.bind('templates', () => chatTemplateTexts(directory)),
    TE.map(({ words, templates: { default: template } }) => ({
      ...words,
      metadata: {
        ...words.metadata,
        ...(template === undefined ? {} : { 'tokenizer.chat_template': { type: 'string', value: template } }),
      },
    })),
  )
}

/**
 * Writes a model as one GGUF file, which llama.cpp and what is built on it run, with what was trained
 * merged into the weights; `trainable` null writes the frozen model. The file appears whole or not at all. A model
 * that llama.cpp would compute differently is an `ArchitectureUnknown` fault, a tokenizer that it has not a
 * `TokenizerUnsupported` one, by the name of what differs; what is left is in the notes.
 *
 * @example
 * await writeGguf(policy, learner.trainable(), 'story.gguf', { dtype: 'F16' })()
 */
export const writeGguf = (
  policy: PretrainedPolicy,
  trainable: HostTensors | null,
  path: string,
  { dtype = 'F32', input = 'text' }: GgufOptions = {},
): TE.TaskEither<PolicyFault, WrittenGguf> =>
  pipe(
    TE.Do,
    TE.bind('family', () => TE.fromEither(familyOf(policy.config))),
    TE.bind('words', () => textOf(policy, input)),
    TE.chainFirst(({ family, words }) => {
      const { config, constants, adapter } = policy
      const weights = mergedWeights(modulesOf(config), constants, trainable ?? {}, loraScaleOf(adapter))
      return writeBeside(path, () =>
        ggufPieces(
          { ...hyperparameters(config, family, basename(policy.name), dtype), ...words.metadata },
          ggufTensors(config, family, weights, dtype),
        ),
      )
    }),
    TE.map(({ family, words }) => ({
      tokenizer: words.tokenizer,
      notes: [...reachNotes(family, policy.config), ...words.notes],
    })),
  )
