/** Prompts that were run together, by whatever runs them. */
export interface Started<Batch> {
  readonly row: number
  readonly batch: Batch
  /** Where the row's prompt is in its batch. */
  readonly place: number
  /** No other row needs the batch. */
  readonly last: boolean
}

/** Rows that have no slot yet. */
export interface WaitingRows<Batch> {
  /** Up to `count` rows, in order of row, their prompts run; fewer when fewer are left. */
  readonly take: (count: number) => Promise<readonly Started<Batch>[]>
}

/**
 * Rows in the order of their prompts, so that a prompt is run once and forgotten after its last row. As many prompts
 * run at a time as the first `slots` rows have, spread evenly over the batches; the last batch is filled up with
 * prompts it has, because a batch of another size would be another graph.
 *
 * @param group [rows] the prompt of each row
 * @param start runs the prompts of these numbers
 */
export const waitingRows = <Batch>(
  group: Int32Array,
  slots: number,
  start: (prompts: readonly number[]) => Promise<Batch>,
): WaitingRows<Batch> => {
  const order = Array.from(group.keys()).sort((a, b) => group[a]! - group[b]! || a - b)
  const prompts = [...new Set(order.map((row) => group[row]!))]
  const rank = new Map(prompts.map((prompt, i) => [prompt, i]))
  const together = new Set(order.slice(0, slots).map((row) => group[row])).size
  const size = Math.ceil(prompts.length / Math.ceil(prompts.length / together))
  const batchOf = (row: number): number => Math.floor(rank.get(group[row]!)! / size)
  const whole = (numbers: readonly number[]): number[] =>
    Array.from({ length: size }, (_, i) => numbers[i] ?? numbers[0]!)
  let taken = 0
  let newest: { readonly number: number; readonly batch: Batch } | undefined
  return {
    take: async (count) => {
      const rows = order.slice(taken, taken + count)
      const found: Started<Batch>[] = []
      for (const row of rows) {
        const number = batchOf(row)
        if (newest?.number !== number)
          newest = { number, batch: await start(whole(prompts.slice(number * size, (number + 1) * size))) }
        taken++
        const last = taken === order.length || batchOf(order[taken]!) !== number
        found.push({ row, batch: newest.batch, place: rank.get(group[row]!)! - number * size, last })
      }
      return found.sort((a, b) => a.row - b.row)
    },
  }
}
