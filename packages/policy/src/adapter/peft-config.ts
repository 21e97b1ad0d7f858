import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { shortened, shown } from '../architectures/config-fields.ts'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { allLinear } from './adapted-modules.ts'
import type { LoraConfig, ModuleSelection } from './lora-config.ts'

type Json = Readonly<Record<string, unknown>>

/** PEFT's names of the fields. */
export const PEFT_FIELDS: Readonly<Record<keyof LoraConfig, string>> = {
  kind: 'use_dora',
  r: 'r',
  alpha: 'lora_alpha',
  rslora: 'use_rslora',
  targets: 'target_modules',
  exclude: 'exclude_modules',
  layers: 'layers_to_transform',
  rankPattern: 'rank_pattern',
  alphaPattern: 'alpha_pattern',
}

/**
 * adapter_config.json as PEFT, vLLM and SGLang read it: the fields that every PEFT since DoRA (0.9) knows, and
 * `exclude_modules` (0.14) only where it is used, because a version refuses fields it does not know.
 *
 * @param scores whether the weights of a score head are in the adapter
 */
export const peftConfig = (
  adapter: LoraConfig,
  baseModel: string,
  fanInFanOut: boolean,
  scores: boolean = false,
): Json => ({
  alpha_pattern: adapter.alphaPattern ?? {},
  auto_mapping: null,
  base_model_name_or_path: baseModel,
  bias: 'none',
  ...(adapter.exclude === undefined ? {} : { exclude_modules: adapter.exclude }),
  fan_in_fan_out: fanInFanOut,
  inference_mode: true,
  init_lora_weights: true,
  layers_pattern: null,
  layers_to_transform: adapter.layers ?? null,
  loftq_config: {},
  lora_alpha: adapter.alpha,
  lora_dropout: 0,
  megatron_config: null,
  megatron_core: 'megatron.core',
  modules_to_save: scores ? ['score'] : null,
  peft_type: 'LORA',
  r: adapter.r,
  rank_pattern: adapter.rankPattern ?? {},
  revision: null,
  target_modules: adapter.targets,
  task_type: scores ? 'SEQ_CLS' : 'CAUSAL_LM',
  use_dora: adapter.kind === 'dora',
  use_rslora: adapter.rslora,
})

const isEmpty = (u: unknown): boolean =>
  u === undefined || u === null || u === false || u === '' || (typeof u === 'object' && Object.keys(u).length === 0)

/** Starts that leave the base model's weights as they are; with the others A and B belong to a base that was changed. */
const PURE_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal', 'mica']

/** The list of layers that PEFT looks for is the model's only one. */
const isOwnPattern = (pattern: unknown): boolean =>
  isEmpty(pattern) || [pattern].flat().every((name) => name === 'layers' || name === 'h')

const isNumber = (u: unknown): boolean => typeof u === 'number'
const isFlag = (u: unknown): boolean => u === undefined || typeof u === 'boolean'
const isListOf = (isItem: (u: unknown) => boolean, u: unknown): boolean => Array.isArray(u) && u.every(isItem)
const isSelection = (u: unknown): boolean => typeof u === 'string' || isListOf((name) => typeof name === 'string', u)
const isPattern = (u: unknown): boolean =>
  isEmpty(u) || (typeof u === 'object' && !Array.isArray(u) && isListOf(isNumber, Object.values(u!)))

/** What the fields that are read must hold. */
const FORMS: Readonly<Record<string, readonly [isFit: (value: unknown) => boolean, says: string]>> = {
  r: [isNumber, 'It must be a whole number of at least 1'],
  lora_alpha: [isNumber, 'It must be a number'],
  use_rslora: [isFlag, 'It must be true or false'],
  use_dora: [isFlag, 'It must be true or false'],
  target_modules: [isSelection, 'It must be a list of module names or a regular expression'],
  exclude_modules: [(u) => isEmpty(u) || isSelection(u), 'It must be a list of module names or a regular expression'],
  layers_to_transform: [(u) => isEmpty(u) || isListOf(isNumber, [u].flat()), 'It must be a list of layers, from 0'],
  rank_pattern: [isPattern, 'It must give module names their ranks'],
  alpha_pattern: [isPattern, 'It must give module names their alphas'],
}

/** Those fields once they are known to be of their forms. */
interface Read {
  readonly r: number
  readonly lora_alpha: number
  readonly use_rslora?: boolean
  readonly use_dora?: boolean
  readonly target_modules: ModuleSelection
  readonly exclude_modules: ModuleSelection
  readonly layers_to_transform: number | readonly number[]
  readonly rank_pattern: Readonly<Record<string, number>>
  readonly alpha_pattern: Readonly<Record<string, number>>
}

/** Fields that change nothing about what an adapter computes: where it comes from, how it was started and trained. */
const HARMLESS: ReadonlySet<string> = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  // It is about modules whose weights are another's; none of these is adapted here.
  'ensure_weight_tying',
  'eva_config',
  'fan_in_fan_out',
  'inference_mode',
  'loftq_config',
  'lora_dropout',
  'lora_ga_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
])

/** The modules that PEFT trains whole in a classifier of any architecture; a decoder has the first. */
const CLASSIFIER_HEADS: readonly unknown[] = ['score', 'classifier']

/** Fields of which some values are computed here, and those. */
const LIMITED: Readonly<Record<string, (value: unknown) => boolean>> = {
  peft_type: (value) => value === 'LORA',
  bias: (value) => isEmpty(value) || value === 'none',
  init_lora_weights: (value) => PURE_STARTS.includes(value),
  layers_pattern: isOwnPattern,
  modules_to_save: (value) => isEmpty(value) || isListOf((name) => CLASSIFIER_HEADS.includes(name), value),
}

/** Whether an adapter has the whole weights of a score head. */
export const savesScore = ({ modules_to_save: modules }: Json): boolean =>
  Array.isArray(modules) && modules.includes('score')

/**
 * Reads adapter_config.json. A field that is wrong, asks for what is not computed here, or is unknown and not empty is a
 * fault that names it; what the numbers and patterns mean for the model is `adaptedModules`' to check.
 */
export const parsePeftConfig = (path: string, json: Json, config: DecoderConfig): Either<PolicyFault, LoraConfig> => {
  const bad = (field: string, fix: string): Either<PolicyFault, never> =>
    left(
      policyFault('AdapterInvalid', `${path}: ${shortened(field)} is ${shown(json[field])}`, fix, {
        path,
        field,
        value: json[field],
      }),
    )
  const limited = Object.keys(LIMITED).find((field) => !LIMITED[field]!(json[field]))
  const unknown = Object.keys(json).find(
    (field) =>
      ![LIMITED, FORMS].some((known) => Object.hasOwn(known, field)) && !HARMLESS.has(field) && !isEmpty(json[field]),
  )
  const unread = limited ?? unknown
  if (unread !== undefined) return bad(unread, 'Adapters with it are not read; merge this one into its model with PEFT')
  for (const [field, [isFit, says]] of Object.entries(FORMS)) if (!isFit(json[field])) return bad(field, says)
  const read = json as unknown as Read
  const { target_modules: targets, exclude_modules: exclude, layers_to_transform: layers } = read
  const { rank_pattern: ranks, alpha_pattern: alphas } = read
  return right({
    kind: read.use_dora === true ? 'dora' : 'lora',
    r: read.r,
    alpha: read.lora_alpha,
    rslora: read.use_rslora === true,
    targets: typeof targets === 'string' && targets.toLowerCase() === 'all-linear' ? allLinear(config) : targets,
    ...(isEmpty(exclude) ? {} : { exclude }),
    ...(isEmpty(layers) ? {} : { layers: [layers].flat() }),
    ...(isEmpty(ranks) ? {} : { rankPattern: ranks }),
    ...(isEmpty(alphas) ? {} : { alphaPattern: alphas }),
  })
}
