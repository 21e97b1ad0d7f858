import type { Prompt } from '@gfnlm/env'
import type { JudgeFunction } from '../completion-reward.ts'

/** How well a text says what any of its references says, from 0 to 1. */
export type TextMetric = (text: string, references: readonly string[]) => number

/** The references of a row: a column `references` or `reference`, of one text or several. */
const columnsOf = ({ row }: Prompt): readonly string[] => {
  const given = row['references'] ?? row['reference']
  return (Array.isArray(given) ? given : [given]).filter((text) => typeof text === 'string')
}

/**
 * A metric against references as a reward: what a completion scores, untempered, where it is not log R but a reward.
 * A prompt without references is not judged.
 *
 * @param metric       `bleu()`, `chrF()`, `rouge('L')`, `meteor()`
 * @param referencesOf default the column `references` (a text or a list of texts), or `reference`
 * @example completionReward(tokenizer.decode, againstReferences(rouge('L')))
 */
export const againstReferences =
  (metric: TextMetric, referencesOf: (prompt: Prompt) => readonly string[] = columnsOf): JudgeFunction =>
  (completions) =>
    completions.map(({ prompt, text }) => {
      const references = referencesOf(prompt)
      return references.length === 0 ? null : metric(text, references)
    })
