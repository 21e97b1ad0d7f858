import type { Machine } from '../measure/machine.ts'
import { type Measured, type Row, isMet } from '../row.ts'

/** A row as a JSON line has it: the table's six fields first, then what they mean and where they were measured. */
export interface Recorded extends Measured, Row {
  /** Whether the limit is kept; null when the peer was absent. */
  readonly met: boolean | null
  readonly machine: Machine
}

/** Six digits say all that a clock does. */
const rounded = <A extends number | null>(value: A): A => (value === null ? value : (Number(value.toPrecision(6)) as A))

export const recordOf = (row: Row, measured: Measured, machine: Machine): Recorded => {
  const { name, limit, unit, ...meaning } = row
  const { ours, peer, ratio, detail = {} } = measured
  const figures = { ours: rounded(ours), peer: rounded(peer), ratio: rounded(ratio) }
  return { name, ...figures, limit, unit, ...meaning, met: isMet(row, measured), detail, machine }
}
