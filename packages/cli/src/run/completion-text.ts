import type { Tokenizer } from '@gfnlm/policy'

/** The text of a completion as it continues its prompt: decoded with the prompt, so that its first space stays. */
export const completionText = (tokenizer: Tokenizer, prompt: Int32Array, completion: ArrayLike<number>): string => {
  const before = tokenizer.decode(prompt)
  const whole = tokenizer.decode([...prompt, ...Array.from(completion)])
  return whole.startsWith(before) ? whole.slice(before.length) : tokenizer.decode(completion)
}
