import { setTimeout as pause } from 'node:timers/promises'
import type { Measured } from '../row.ts'

/** Something that is timed: ours, a peer, or the machine's own limit. */
export interface Timed {
  readonly name: string
  /** Runs in a round. */
  readonly steps: number
  /** Milliseconds of each of `count` runs. */
  readonly times: (count: number) => Promise<readonly number[]>
  readonly stop?: () => void
  /** What else is known of it. */
  readonly about?: Readonly<Record<string, unknown>>
}

/** A peer that is not on this machine, and how to get it. */
export interface Absent {
  readonly name: string
  readonly absent: string
}

export type Source = Timed | Absent

/** Medians of each round by the name of the source, in milliseconds. */
export interface Rounds {
  readonly of: ReadonlyMap<string, readonly number[]>
  readonly absent: ReadonlyMap<string, string>
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A function of this process, timed by calling it. */
export const timed = (name: string, steps: number, run: () => Promise<unknown>): Timed => ({
  name,
  steps,
  times: async (count) => {
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await run()
      times.push(performance.now() - start)
    }
    return times
  },
})

/** Idle threads of either side spin for a while before they sleep. */
const SETTLE_MS = 100

/** All sources in turn, round after round, so that whatever else the machine does falls on each of them. */
export const takeTurns = async (sources: readonly Source[], rounds: number): Promise<Rounds> => {
  const present = sources.filter((source): source is Timed => 'times' in source)
  const of = new Map(present.map(({ name }) => [name, [] as number[]]))
  for (const { times } of present) await times(2)
  for (let round = 0; round < rounds; round++)
    for (const { name, steps, times } of present) {
      await pause(SETTLE_MS)
      of.get(name)!.push(median(await times(steps)))
    }
  for (const { stop } of present) stop?.()
  const absent = sources.flatMap((source) => ('absent' in source ? [[source.name, source.absent] as const] : []))
  return { of, absent: new Map(absent) }
}

/** The source whose rounds have the least median. */
const fastest = ({ of }: Rounds, names: readonly string[]): string | undefined =>
  names.filter((name) => of.has(name)).toSorted((a, b) => median(of.get(a)!) - median(of.get(b)!))[0]

/**
 * Ours against the fastest of some peers: the median of the rounds' ratios. `faster` is how many of our runs fit into
 * one of the peer's, `slower` the inverse.
 */
export const against = (rounds: Rounds, ours: string, peers: readonly string[], way: 'faster' | 'slower'): Measured => {
  const mine = rounds.of.get(ours)!
  const best = fastest(rounds, peers)
  const detail = Object.fromEntries([
    ...peers.flatMap((name) => (rounds.of.has(name) ? [[name, median(rounds.of.get(name)!)] as const] : [])),
    ...peers.flatMap((name) => (rounds.absent.has(name) ? [[name, rounds.absent.get(name)!] as const] : [])),
  ])
  if (best === undefined) return { ours: median(mine), peer: null, ratio: null, detail }
  const theirs = rounds.of.get(best)!
  const ratios = mine.map((ms, round) => (way === 'faster' ? theirs[round]! / ms : ms / theirs[round]!))
  return { ours: median(mine), peer: median(theirs), ratio: median(ratios), detail }
}
