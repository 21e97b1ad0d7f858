import { type Either, left, right } from 'fp-ts/lib/Either.js'
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
 */
export const peftConfig = (adapter: LoraConfig, baseModel: string, fanInFanOut: boolean): Json => ({
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
  modules_to_save: null,
  peft_type: 'LORA',
  r: adapter.r,
  rank_pattern: adapter.rankPattern ?? {},
  revision: null,
  target_modules: adapter.targets,
  task_type: 'CAUSAL_LM',
  use_dora: adapter.kind === 'dora',
  use_rslora: adapter.rslora,
})

const isEmpty = (u: unknown): boolean =>
  u === undefined || u === null || u === false || u === '' || (typeof u === 'object' && Object.keys(u).length === 0)

/** Starts that leave the base model's weights as they are; with the others A and B belong to a base that was changed. */
const PURE_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal']

/** The list of layers that PEFT looks for is the model's only one. */
const isOwnPattern = (pattern: unknown): boolean => isEmpty(pattern) || [pattern].flat().every((name) => name === 'layers' || name === 'h')

/** What PEFT knows and the decoder does not compute: a field and whether its value is harmless. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  peft_type: (value) => value === 'LORA',
  bias: (value) => value === undefined || value === 'none',
  init_lora_weights: (value) => PURE_STARTS.includes(value),
  layers_pattern: isOwnPattern,
  modules_to_save: isEmpty,
  trainable_token_indices: isEmpty,
  target_parameters: isEmpty,
  lora_bias: isEmpty,
  layer_replication: isEmpty,
  megatron_config: isEmpty,
  use_qalora: isEmpty,
  use_bdlora: isEmpty,
  alora_invocation_tokens: isEmpty,
  arrow_config: isEmpty,
  kasa_config: isEmpty,
  monteclora_config: isEmpty,
  velora_config: isEmpty,
}

const isListOf = (type: 'string' | 'number', u: unknown): boolean => Array.isArray(u) && u.every((item) => typeof item === type)
const isSelection = (u: unknown): u is ModuleSelection => typeof u === 'string' || isListOf('string', u)
const isPattern = (u: unknown): u is Readonly<Record<string, number>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u) && isListOf('number', Object.values(u))

/**
 * Reads adapter_config.json. A field that is wrong, or asks for what is not computed here, is a fault that names it;
 * what the numbers and patterns mean for the model is `adaptedModules`' to check.
 */
export const parsePeftConfig = (path: string, json: Json, config: DecoderConfig): Either<PolicyFault, LoraConfig> => {
  const bad = (field: string, fix: string): Either<PolicyFault, never> =>
    left(
      policyFault('AdapterInvalid', `${path}: ${field} is ${JSON.stringify(json[field]) ?? 'missing'}`, fix, {
        path,
        field,
        value: json[field],
      }),
    )
  for (const [field, harmless] of Object.entries(HARMLESS))
    if (!harmless(json[field]))
      return bad(field, 'Adapters with it are not read; merge this one into its model with PEFT')
  const { r, lora_alpha: alpha, target_modules: targets, exclude_modules: exclude, layers_to_transform: given } = json
  const { use_rslora: rslora = false, use_dora: isDora = false, rank_pattern: ranks, alpha_pattern: alphas } = json
  const layers = typeof given === 'number' ? [given] : given
  if (typeof r !== 'number') return bad('r', 'It must be a whole number of at least 1')
  if (typeof alpha !== 'number') return bad('lora_alpha', 'It must be a number')
  if (typeof rslora !== 'boolean') return bad('use_rslora', 'It must be true or false')
  if (typeof isDora !== 'boolean') return bad('use_dora', 'It must be true or false')
  if (!isSelection(targets)) return bad('target_modules', 'It must be a list of module names or a regular expression')
  if (!isEmpty(exclude) && !isSelection(exclude)) return bad('exclude_modules', 'It must be a list of module names or a regular expression')
  if (!isEmpty(layers) && !isListOf('number', layers)) return bad('layers_to_transform', 'It must be a list of layers, from 0')
  if (!isEmpty(ranks) && !isPattern(ranks)) return bad('rank_pattern', 'It must give module names their ranks')
  if (!isEmpty(alphas) && !isPattern(alphas)) return bad('alpha_pattern', 'It must give module names their alphas')
  return right({
    kind: isDora ? 'dora' : 'lora',
    r,
    alpha,
    rslora,
    targets: typeof targets === 'string' && targets.toLowerCase() === 'all-linear' ? allLinear(config) : targets,
    ...(isEmpty(exclude) ? {} : { exclude: exclude as ModuleSelection }),
    ...(isEmpty(layers) ? {} : { layers: layers as number[] }),
    ...(isEmpty(ranks) ? {} : { rankPattern: ranks as Record<string, number> }),
    ...(isEmpty(alphas) ? {} : { alphaPattern: alphas as Record<string, number> }),
  })
}
