import { type Prompt, type Trajectories, leftPadded } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'
import { bucketed } from './bucketed.ts'
import { type Sharing, sharing } from './sharing.ts'

/**
 * A batch as `actionScores` takes it. Rows of one prompt hang on trunks: a trunk is a prompt that runs once, with
 * `share` slots for rows; where `share` is 1, every row has a trunk of its own and both are in the batch's order.
 */
export interface PackedRows {
  /** [trunks, promptWidth] int32 prompts, padded on the left */
  readonly prompts: HostTensor
  /** [trunks] int32 columns of padding */
  readonly pad: HostTensor
  /** [rows, width] int32 actions, in the batch's order */
  readonly actions: HostTensor
  /** [trunks, share] int32 the row in each slot; a slot without one repeats another row of its trunk */
  readonly rowAt: HostTensor
  /** [rows] int32 the slot of each row, counted through all trunks */
  readonly slotOf: HostTensor
}

/** What says how rows lie: their prompts, and which of them each row has. */
export type Grouped = Pick<Trajectories, 'group' | 'width'> & { readonly prompts: readonly Pick<Prompt, 'tokens'>[] }

/** The rows of each trunk. */
const trunksOf = (group: Int32Array, { share, trunks }: Sharing): readonly (readonly number[])[] => {
  if (share === 1) return Array.from(group, (_, row) => [row])
  const byPrompt = new Map<number, number[]>()
  group.forEach((prompt, row) => {
    const rows = byPrompt.get(prompt)
    if (rows === undefined) byPrompt.set(prompt, [row])
    else rows.push(row)
  })
  const filled = [...byPrompt.values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / share) }, (_, i) => rows.slice(i * share, (i + 1) * share)),
  )
  return [...filled, ...Array.from({ length: trunks - filled.length }, () => filled[0]!.slice(0, 1))]
}

/**
 * Lays the rows of a batch out for one teacher-forced pass in which a prompt runs once for the rows that share it.
 * Rows may come in any order and prompts may have any number of them; how many share a trunk is whatever costs least.
 *
 * @param batch    prompts longer than 0, and the prompt of each row
 * @param actions  [rows, width] row-major ids, already padded on the right
 * @example packRows(batch, settledTokens(batch))
 */
export const packRows = ({ prompts, group, width }: Grouped, actions: Int32Array): PackedRows => {
  const rows = group.length
  const promptWidth = bucketed(group.reduce((longest, prompt) => Math.max(longest, prompts[prompt]!.tokens.length), 1))
  const chosen = sharing(group, promptWidth, width)
  const { share, trunks } = chosen
  const rowAt = new Int32Array(trunks * share)
  const slotOf = new Int32Array(rows)
  const hanging = trunksOf(group, chosen)
  const { tokens, pad } = leftPadded(
    hanging.map((members) => prompts[group[members[0]!]!]!.tokens),
    { width: promptWidth },
  )
  hanging.forEach((members, trunk) => {
    rowAt.fill(members[0]!, trunk * share, (trunk + 1) * share)
    rowAt.set(members, trunk * share)
  })
  // Backwards, so that a repeated row is found in its own slot: the first that holds it.
  for (let slot = rowAt.length - 1; slot >= 0; slot--) slotOf[rowAt[slot]!] = slot
  return {
    prompts: hostTensor(tokens, [trunks, promptWidth]),
    pad: hostTensor(pad),
    actions: hostTensor(actions, [rows, width]),
    rowAt: hostTensor(rowAt, [trunks, share]),
    slotOf: hostTensor(slotOf),
  }
}
