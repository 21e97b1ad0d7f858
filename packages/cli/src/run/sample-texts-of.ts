import { type Annotated, completionOf, terminalReward } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import type { SampleText } from '@gfnlm/trainer'
import { completionText } from './completion-text.ts'

/** The policy's own completions of a batch as a person reads them, up to `most`. */
export const sampleTexts =
  (tokenizer: Tokenizer, most: number = Infinity): ((batch: Annotated) => readonly SampleText[]) =>
  (batch) => {
    const rewards = terminalReward(batch)
    const rows = Array.from({ length: batch.rows }, (_, row) => row).filter((row) => batch.origin[row] === 'policy')
    return rows.slice(0, most).map((row): SampleText => {
      const prompt = batch.prompts[batch.group[row]!]!
      return {
        prompt: prompt.text,
        completion: completionText(tokenizer, prompt.tokens, completionOf(batch, row)),
        logReward: rewards[row]!,
      }
    })
  }
