import type { Trajectories } from '@gfnlm/env'
import type { CompletionPair } from './completion-pairs.ts'
import type { PromptedCompletion } from './completions.ts'

// As TRL counts: each row has its prompt, though it may be computed once for several.

const sumOf = <A>(list: readonly A[], tokensOf: (of: A) => number): number =>
  list.reduce((sum, of) => sum + tokensOf(of), 0)

/** Tokens of prompts and completions, terminators included. */
export const trajectoryTokens = ({ prompts, group, length }: Trajectories): number =>
  sumOf([...length.keys()], (row) => prompts[group[row]!]!.tokens.length + length[row]! + 1)

/** Tokens of texts. */
export const textTokens = ({ rows }: { readonly rows: readonly { readonly tokens: Int32Array }[] }): number =>
  sumOf(rows, ({ tokens }) => tokens.length)

/** Tokens of prompts and of both completions. */
export const pairTokenCount = ({ pairs }: { readonly pairs: readonly CompletionPair[] }): number =>
  sumOf(pairs, ({ prompt, chosen, rejected }) => 2 * prompt.length + chosen.length + rejected.length)

/** Tokens of prompts and completions. */
export const completionTokenCount = ({
  completions,
}: {
  readonly completions: readonly PromptedCompletion[]
}): number => sumOf(completions, ({ prompt, completion }) => prompt.length + completion.length)
