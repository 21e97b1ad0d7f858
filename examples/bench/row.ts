/** A line of the table: what is measured, what it is compared with, and what is asked of it. */
export interface Row {
  readonly name: string
  /** What `ours` is. */
  readonly measures: string
  /** What `peer` is. */
  readonly against: string
  /** Of ours and peer. */
  readonly unit: 'ms' | 'tokens/s' | 'MB'
  /** What the limit is on: the ratio, or ours where nothing is compared. */
  readonly of: 'ratio' | 'ours'
  readonly bound: 'at least' | 'at most'
  readonly limit: number
}

/** What a row came to. The peer is null where it is absent, and so is the ratio. */
export interface Measured {
  readonly ours: number
  readonly peer: number | null
  /** How many times better than the peer, or how many times the peer: whichever the limit bounds. */
  readonly ratio: number | null
  /** Other figures of the same run. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** How much is spent on a figure. */
export interface Effort {
  readonly quick: boolean
  /** Rounds in which ours and the peers take turns. */
  readonly rounds: number
  /** Steps of the run that is watched for growth. */
  readonly longRun: number
}

/** Rows that are measured together, in a process of their own. */
export interface Family {
  readonly rows: readonly Row[]
  readonly measure: (effort: Effort) => Promise<Readonly<Record<string, Measured>>>
}

/** Whether a row's limit is kept; null when its peer was absent. */
export const isMet = ({ of, bound, limit }: Row, measured: Measured): boolean | null => {
  const figure = measured[of]
  return figure === null ? null : bound === 'at least' ? figure >= limit : figure <= limit
}
