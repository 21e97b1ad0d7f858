import { fold, keyOf } from '@gfnlm/env'
import type { Split } from './corpus.ts'
import { story } from './grammar.ts'

/** A story with its fourth sentence taken out. */
export interface InfillingPrompt {
  readonly id: string
  /** What the policy reads: "<ending> S5 <beginning> S1 S2 S3"; the tokenizer puts <s> in front. */
  readonly promptText: string
  /** Sentences 1 to 3. */
  readonly beginning: string
  /** Sentence 5. */
  readonly ending: string
  /** Sentence 4 as the grammar told it: one of many that fit. */
  readonly middle: string
}

/** A prompt as a row of a JSONL dataset. */
export interface PromptRow {
  readonly id: string
  readonly prompt: string
  readonly beginning: string
  readonly ending: string
  readonly middle: string
}

export const promptText = (beginning: string, ending: string): string => `<ending> ${ending} <beginning> ${beginning}`

/** Which split a beginning belongs to, by a hash of its text: one in eight is held out. */
const splitOf = (beginning: string): Split => (fold(keyOf(0), beginning).k0 % 8 === 0 ? 'held-out' : 'train')

/**
 * Prompts with distinct beginnings. A beginning belongs to one split whatever the seed, so no held-out prompt
 * shares its first three sentences with a training one.
 */
export const infillingPrompts = (seed: number, n: number, split: Split = 'train'): InfillingPrompt[] => {
  const found = new Map<string, InfillingPrompt>()
  for (let draw = 0; found.size < n; draw++) {
    const { sentences } = story(fold(keyOf(seed), 'infilling-prompt', draw))
    const beginning = sentences.slice(0, 3).join(' ')
    if (found.has(beginning) || splitOf(beginning) !== split) continue
    const ending = sentences[4]!
    const id = `${split}-${found.size}`
    found.set(beginning, { id, promptText: promptText(beginning, ending), beginning, ending, middle: sentences[3]! })
  }
  return [...found.values()]
}

/** Prompts as JSONL, one row a line, with the columns id, prompt, beginning, ending, middle. */
export const promptsJsonl = (prompts: readonly InfillingPrompt[]): string =>
  prompts.map((prompt) => `${JSON.stringify(promptRow(prompt))}\n`).join('')

const promptRow = ({ id, promptText: prompt, beginning, ending, middle }: InfillingPrompt): PromptRow => ({
  id,
  prompt,
  beginning,
  ending,
  middle,
})
