import type { HostTensors } from '@gfnlm/jit'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename, join } from 'node:path'
import { loraScaleOf } from '../adapter/adapted-modules.ts'
import { mergedWeights } from '../adapter/merge.ts'
import { modulesOf } from '../architectures/modules.ts'
import { chatTemplateTexts } from '../chat-template/load-chat-template.ts'
import type { PolicyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { readJsonIfAny } from '../read-json.ts'
import { writeBeside } from '../write-beside.ts'
import { type GgufDtype, type GgufMetadata, ggufPieces } from './container.ts'
import { familyOf } from './family.ts'
import { type GgufTokenizer, ggufTokenizer } from './gguf-tokenizer.ts'
import { hyperparameters } from './hyperparameters.ts'
import { specialTokensOf } from './special-tokens.ts'
import { ggufTensors } from './tensors.ts'
import type { TokenizerJson } from './tokenizer-json.ts'
import { vocabulary } from './vocabulary.ts'

export interface GgufOptions {
  /** How matrices are stored (default F32). */
  readonly dtype?: GgufDtype
}

/** What a written file has besides the weights. */
export interface WrittenGguf {
  /** llama.cpp's tokenizer in the file; with `ids` it has none that fits: give it token ids, never text. */
  readonly tokenizer: GgufTokenizer['kind']
}

interface Words extends WrittenGguf {
  readonly metadata: GgufMetadata
}

const wordsOf = ({
  modelDirectory,
  tokenizer,
  config,
  configJson,
}: PretrainedPolicy): TE.TaskEither<PolicyFault, Words> => {
  const words = (json: TokenizerJson, template?: string): Words => {
    const kind = ggufTokenizer(json)
    const id = (name: string): number | undefined =>
      typeof configJson[name] === 'number' ? configJson[name] : undefined
    const special =
      tokenizer === undefined ? { bos: id('bos_token_id'), eos: id('eos_token_id') } : specialTokensOf(tokenizer)
    return {
      tokenizer: kind.kind,
      metadata: {
        ...vocabulary(kind, json, special, config.vocab),
        ...(template === undefined ? {} : { 'tokenizer.chat_template': { type: 'string', value: template } }),
      },
    }
  }
  return modelDirectory === undefined
    ? TE.right(words({}))
    : pipe(
        TE.Do,
        TE.bind('json', () =>
          readJsonIfAny(join(modelDirectory, 'tokenizer.json'), 'TokenizerCorrupt', 'Download the tokenizer again'),
        ),
        TE.bind('templates', () => chatTemplateTexts(modelDirectory)),
        TE.map(({ json = {}, templates }) => words(json as TokenizerJson, templates['default'])),
      )
}

/**
 * Writes a model as one GGUF file, which llama.cpp and what is built on it run, with what was trained
 * merged into the weights; `trainable` null writes the frozen model. The file appears whole or not at all. A model
 * that llama.cpp would compute differently is an `ArchitectureUnknown` fault.
 *
 * @example
 * await writeGguf(policy, learner.trainable(), 'story.gguf', { dtype: 'F16' })()
 */
export const writeGguf = (
  policy: PretrainedPolicy,
  trainable: HostTensors | null,
  path: string,
  { dtype = 'F32' }: GgufOptions = {},
): TE.TaskEither<PolicyFault, WrittenGguf> =>
  pipe(
    TE.Do,
    TE.bind('family', () => TE.fromEither(familyOf(policy.config))),
    TE.bind('words', () => wordsOf(policy)),
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
    TE.map(({ words: { tokenizer } }) => ({ tokenizer })),
  )
