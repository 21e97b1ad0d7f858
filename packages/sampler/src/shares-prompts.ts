import type { Policy } from '@gfnlm/policy'
import type { DecodingRequest } from './decoding.ts'
import { isSmall } from './is-small.ts'
import { equalRuns } from './shared-prompt-decoder.ts'

/**
 * Whether the completions of a prompt read its keys and values in one place: those of a large model, when all of them
 * are decoded at once and every prompt has as many. A small model's rows rather leave their slots to others.
 */
export const sharesPrompts = (policy: Policy, { group, slots = group.length }: DecodingRequest): boolean => {
  if (isSmall(policy) || slots < group.length) return false
  const prompts = equalRuns(group)
  return prompts !== undefined && prompts.length < group.length
}
