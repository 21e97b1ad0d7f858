import { type Fault, fault } from '@gfnlm/env'

/** A prompt and what to call it when it does not fit. */
export interface NamedPrompt {
  readonly name: string
  readonly tokens: Int32Array
}

/**
 * Why prompts cannot be continued by `maxLength` tokens in a model of `contextLength` positions; undefined when they
 * can. The terminator needs no position: nothing is read after it.
 */
export const promptsFault = (
  prompts: readonly NamedPrompt[],
  maxLength: number,
  contextLength: number,
): Fault<'NoPrompts' | 'PromptEmpty' | 'PromptTooLong'> | undefined => {
  if (prompts.length === 0) return fault('NoPrompts', 'there are no prompts to continue', 'Give at least one')
  const empty = prompts.find(({ tokens }) => tokens.length === 0)
  if (empty !== undefined)
    return fault(
      'PromptEmpty',
      `prompt ${empty.name} has no tokens`,
      "Start it with the model's beginning-of-text token, or drop it",
      { prompt: empty.name },
    )
  const long = prompts.find(({ tokens }) => tokens.length + maxLength > contextLength)
  if (long === undefined) return undefined
  const length = long.tokens.length
  return fault(
    'PromptTooLong',
    `prompt ${long.name} has ${length} tokens; with up to ${maxLength} more it does not fit the model's ${contextLength} positions`,
    `Shorten it to ${Math.max(0, contextLength - maxLength)} tokens, or lower the maximum length`,
    { prompt: long.name, length, maxLength, contextLength },
  )
}
