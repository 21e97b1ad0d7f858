import type { HostTensors } from '@gfnlm/jit'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loraScaleOf } from './adapter/adapted-modules.ts'
import { mergedWeights } from './adapter/merge.ts'
import { writePeft } from './adapter/peft.ts'
import { ARCHITECTURES } from './architectures/architectures.ts'
import { modulesOf } from './architectures/modules.ts'
import { classifierFields } from './heads/classifier-fields.ts'
import { type PolicyFault, policyFault } from './policy-fault.ts'
import type { PretrainedPolicy } from './pretrained-policy.ts'
import { weightOf } from './quantize/quantize-weights.ts'
import { writeSafetensors } from './safetensors/write-safetensors.ts'
import { writeBeside } from './write-beside.ts'
import { writeConfig } from './write-config.ts'

export interface SaveAdapterOptions {
  /**
   * A score head's parameters, kept in the adapter as PEFT's `modules_to_save`: an adapter of a classifier, which
   * `loadClassifier` and PEFT read. Servers refuse such an adapter; `saveHead` keeps a head beside it.
   */
  readonly score?: HostTensors
}

/**
 * Saves the adapter in PEFT's format: adapter_config.json and adapter_model.safetensors.
 *
 * @example await saveAdapter(policy, learner.trainable(), 'adapter', { score: parameters })()
 */
export const saveAdapter = (
  policy: PretrainedPolicy,
  trainable: HostTensors,
  directory: string,
  { score }: SaveAdapterOptions = {},
): TE.TaskEither<PolicyFault, void> =>
  policy.adapter === undefined
    ? TE.left(
        policyFault('AdapterInvalid', `${policy.name} has no adapter to save`, 'Save it whole with savePretrained'),
      )
    : writePeft(
        directory,
        {
          adapter: policy.adapter,
          tensors: { ...policy.constants, ...trainable },
          ...(score === undefined ? {} : { score }),
        },
        policy.config,
        policy.name,
      )

/** What else belongs to a model, copied as it is. */
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'generation_config.json',
]

const TEMPLATES = 'additional_chat_templates'

const companionsOf = async (directory: string): Promise<readonly string[]> => [
  ...COMPANIONS,
  ...(await readdir(join(directory, TEMPLATES)).catch(() => [])).map((file) => join(TEMPLATES, file)),
]

const copyIfAny = (from: string, to: string): TE.TaskEither<PolicyFault, void> =>
  resolve(from) === resolve(to)
    ? TE.right(undefined)
    : async () => {
        const bytes = await readFile(from).catch(() => undefined)
        return bytes === undefined ? TE.right<PolicyFault, void>(undefined)() : writeBeside(to, () => [bytes])()
      }

const TORCH = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

export interface SaveOptions {
  /** How the weights are stored (default F32). */
  readonly dtype?: 'F32' | 'F16' | 'BF16'
  /** A score head's parameters: the model is saved as transformers' `…ForSequenceClassification`. */
  readonly score?: HostTensors
  /**
   * The directory of the model whose tokenizer, chat templates and ends of generation the saved one has. Default: where
   * the policy's own files are; one of drawn weights has none.
   */
  readonly tokenizerOf?: string
}

/**
 * Saves a model as transformers does (config.json, model.safetensors, tokenizer), with what was trained merged into
 * the weights. `trainable` null saves the frozen model. Of a quantised base the rounded weights are saved, in `dtype`:
 * what was trained belongs to them.
 *
 * @example await savePretrained(policy, learner.trainable(), 'reward-model', { score: parameters })()
 * @example await savePretrained(student, learner.trainable(), 'student', { tokenizerOf: 'models/teacher' })()
 */
export const savePretrained = (
  { name, config, configJson, constants, adapter, modelDirectory, tokenizer }: PretrainedPolicy,
  trainable: HostTensors | null,
  directory: string,
  { dtype = 'F32', score, tokenizerOf = modelDirectory }: SaveOptions = {},
): TE.TaskEither<PolicyFault, void> => {
  const alone = ARCHITECTURES[config.modelType]?.alone
  const { dtype: _, ...rest } = alone?.config(configJson) ?? configJson
  const kept = score === undefined ? modulesOf(config) : modulesOf({ ...config, tied: true })
  const modules = modulesOf(config)
  const stray = Object.keys(trainable ?? {}).find((key) => !modules.some((module) => key.startsWith(`${module.name}.`)))
  if (stray !== undefined)
    return TE.left(
      policyFault('AdapterInvalid', `${name} has no parameter "${stray}"`, 'Save what was trained of this policy', {
        parameter: stray,
      }),
    )
  const missing = kept.find((module) => weightOf(module, constants) === undefined)
  if (missing !== undefined)
    return TE.left(
      policyFault(
        'WeightsMissing',
        `${name} has no ${missing.name}: it was loaded as a classifier`,
        'Save it with its score head',
        {
          module: missing.name,
        },
      ),
    )
  const weights = Object.entries(mergedWeights(kept, constants, trainable ?? {}, loraScaleOf(adapter)))
  return pipe(
    writeSafetensors(
      join(directory, 'model.safetensors'),
      { ...Object.fromEntries(weights.map(([tensor, value]) => [alone?.name(tensor) ?? tensor, value])), ...score },
      { dtype },
    ),
    TE.chain(() =>
      writeConfig(join(directory, 'config.json'), {
        ...rest,
        ...(score === undefined ? {} : classifierFields(rest, score, tokenizer)),
        torch_dtype: TORCH[dtype],
      }),
    ),
    TE.chain(() => TE.fromTask(async () => (tokenizerOf === undefined ? [] : companionsOf(tokenizerOf)))),
    TE.chain(TE.traverseSeqArray((file: string) => copyIfAny(join(tokenizerOf!, file), join(directory, file)))),
    TE.map(() => undefined),
  )
}
