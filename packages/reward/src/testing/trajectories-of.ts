import type { Prompt, TokenMDP, Trajectories } from '@gfnlm/env'

/** A prompt of token ids. */
export const promptOf = (id: string, tokens: readonly number[]): Prompt => ({
  id,
  text: '',
  tokens: Int32Array.from(tokens),
  row: {},
})

/**
 * A batch of given completions: one list for each prompt, its rows in order. Columns past the terminator hold
 * `padding`.
 */
export const trajectoriesOf = (
  mdp: TokenMDP,
  prompts: readonly Prompt[],
  completions: readonly (readonly (readonly number[])[])[],
  { padding = mdp.terminator, step = 0 }: { readonly padding?: number; readonly step?: number } = {},
): Trajectories => {
  const rows = completions.flat()
  const width = mdp.maxLength + 1
  const tokens = new Int32Array(rows.length * width).fill(padding)
  rows.forEach((completion, row) => tokens.set([...completion, mdp.terminator], row * width))
  return {
    step,
    seed: 0,
    prompts,
    mdp,
    rows: rows.length,
    width,
    group: Int32Array.from(completions.flatMap((of, group) => of.map(() => group))),
    tokens,
    length: Int32Array.from(rows, (completion) => completion.length),
    logPF: new Float32Array(rows.length * width).fill(NaN),
    logBehaviour: new Float32Array(rows.length * width).fill(NaN),
    origin: rows.map(() => 'policy'),
  }
}
