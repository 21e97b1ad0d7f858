import { setTimeout as pause } from 'node:timers/promises'
import type { Peer } from './peer.ts'
import type { Step } from './steps.ts'

/** Milliseconds a step, and how many of our steps fit into one of the peer's. */
export interface Comparison {
  readonly ours: number
  readonly peer: number | null
  readonly ratio: number | null
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const timesOf = async (step: Step, count: number): Promise<number[]> => {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await step()
    times.push(performance.now() - start)
  }
  return times
}

/** Idle threads of either side spin for a while before they sleep. */
const SETTLE_MS = 100

/**
 * Ours and the peer's steps in turn, round after round, so that whatever else the machine does falls on both. The
 * ratio is the median of the rounds' ratios of medians.
 */
export const compare = async (step: Step, peer: Peer | undefined, rounds: number, steps: number): Promise<Comparison> => {
  await timesOf(step, 3)
  const seen: { readonly ours: number; readonly peer: number }[] = []
  for (let round = 0; round < rounds; round++) {
    await pause(SETTLE_MS)
    const ours = median(await timesOf(step, steps))
    await pause(SETTLE_MS)
    seen.push({ ours, peer: peer === undefined ? NaN : median(await peer.times(steps)) })
  }
  const ours = median(seen.map((r) => r.ours))
  return peer === undefined
    ? { ours, peer: null, ratio: null }
    : { ours, peer: median(seen.map((r) => r.peer)), ratio: median(seen.map((r) => r.peer / r.ours)) }
}
