import type { Weighted } from './batch.ts'

const BY_ROW = ['group', 'length', 'sampledAt', 'keep', 'weight', 'clipped'] as const
const BY_CELL = ['tokens', 'logPF', 'logBehaviour', 'referenceLogProb', 'logReward', 'tokenWeight'] as const

type Numbers = Int32Array | Float32Array | Uint8Array

/** Runs of `size` elements at the given places, one after another, in an array of the same kind. */
const taken = (from: Numbers, rows: readonly number[], size: number): Numbers => {
  const to = from.slice(0, rows.length * size)
  rows.forEach((row, i) => to.set(from.subarray(row * size, (row + 1) * size), i * size))
  return to
}

/**
 * The batch of some of a batch's rows, in the order given, each at most once. Prompts stay as they are.
 *
 * @example selectRows(batch, [0, 2])
 */
export const selectRows = (batch: Weighted, rows: readonly number[]): Weighted => {
  const columns: Record<string, Numbers> = {}
  for (const [names, size] of [
    [BY_ROW, 1],
    [BY_CELL, batch.width],
  ] as const)
    for (const name of names) {
      const column = batch[name]
      if (column !== undefined) columns[name] = taken(column, rows, size)
    }
  return { ...batch, ...columns, rows: rows.length, origin: rows.map((row) => batch.origin[row]!) }
}
