import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import type { LoraConfig } from './lora.ts'

type Json = Readonly<Record<string, unknown>>

/** adapter_config.json as PEFT, vLLM and SGLang read it. */
export const peftConfig = (adapter: LoraConfig, baseModel: string, fanInFanOut: boolean): Json => ({
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: baseModel,
  r: adapter.r,
  lora_alpha: adapter.alpha,
  lora_dropout: 0,
  bias: 'none',
  target_modules: adapter.targets,
  modules_to_save: null,
  use_rslora: adapter.rslora,
  use_dora: false,
  fan_in_fan_out: fanInFanOut,
  inference_mode: true,
})

const isEmpty = (u: unknown): boolean =>
  u === undefined || u === null || u === false || (typeof u === 'object' && Object.keys(u).length === 0)

/** Kinds of adapter that PEFT knows and the decoder does not compute: a field and whether its value is harmless. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  peft_type: (value) => value === 'LORA',
  bias: (value) => value === undefined || value === 'none',
  use_dora: isEmpty,
  modules_to_save: isEmpty,
  rank_pattern: isEmpty,
  alpha_pattern: isEmpty,
  trainable_token_indices: isEmpty,
  target_parameters: isEmpty,
}

/**
 * Reads adapter_config.json. The targets are its list; where PEFT keeps a pattern instead, `targets` is undefined and
 * the tensors tell which modules are adapted.
 */
export const parsePeftConfig = (
  path: string,
  json: Json,
): Either<PolicyFault, Omit<LoraConfig, 'targets'> & { readonly targets: readonly string[] | undefined }> => {
  const bad = (field: string, fix: string): Either<PolicyFault, never> =>
    left(
      policyFault('AdapterInvalid', `${path}: ${field} is ${JSON.stringify(json[field]) ?? 'missing'}`, fix, {
        path,
        field,
        value: json[field],
      }),
    )
  for (const [field, harmless] of Object.entries(PLAIN))
    if (!harmless(json[field]))
      return bad(field, 'Only plain LoRA adapters are read; merge this one into its model with PEFT')
  const { r, lora_alpha: alpha, target_modules: targets, use_rslora: rslora = false } = json
  if (!Number.isSafeInteger(r) || (r as number) < 1) return bad('r', 'It must be a whole number of at least 1')
  if (typeof alpha !== 'number' || !Number.isFinite(alpha)) return bad('lora_alpha', 'It must be a number')
  if (typeof rslora !== 'boolean') return bad('use_rslora', 'It must be true or false')
  const listed = Array.isArray(targets) && targets.every((target) => typeof target === 'string')
  if (!listed && typeof targets !== 'string') return bad('target_modules', 'It must be a list of module names')
  return right({ r: r as number, alpha, rslora, targets: listed ? (targets as string[]) : undefined })
}
