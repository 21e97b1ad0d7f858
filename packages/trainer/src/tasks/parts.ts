import { type Weighted, selectRows } from '@gfnlm/env'

/** A list in at most so many consecutive parts of nearly the same length, none of them empty. */
export const evenly = <A>(list: readonly A[], parts: number): readonly (readonly A[])[] => {
  const count = Math.min(parts, list.length)
  const cut = (i: number): number => Math.round((i * list.length) / count)
  return Array.from({ length: count }, (_, i) => list.slice(cut(i), cut(i + 1)))
}

/** The rows of a batch in parts, by their numbers. */
export const rowParts = (batch: Weighted, parts: number): readonly (readonly number[])[] =>
  evenly([...batch.group.keys()], parts)

/** The rows of a batch in parts, for losses that are sums over rows. */
export const byRows = (batch: Weighted, parts: number): readonly Weighted[] =>
  rowParts(batch, parts).map((rows) => selectRows(batch, rows))

/** The rows of each prompt of a batch, by their numbers. */
export const membersOfPrompts = ({ group }: Pick<Weighted, 'group'>): readonly (readonly number[])[] => {
  const members = new Map<number, number[]>()
  group.forEach((prompt, row) => members.set(prompt, [...(members.get(prompt) ?? []), row]))
  return [...members.values()]
}

/** The same with all rows of a prompt in one part, for losses in which they have a mean in common. */
export const byPrompts = (batch: Weighted, parts: number): readonly Weighted[] =>
  evenly(membersOfPrompts(batch), parts).map((prompts) => selectRows(batch, prompts.flat()))
