import { inChild } from '../measure/child.ts'
import { median } from '../measure/compare.ts'
import { temporaryDirectory } from '../measure/temporary.ts'
import type { Family, Row } from '../row.ts'

// Three seconds were asked for, and one from a graph kept on disk: no graph is kept, so it has to be one.
const FIRST: Row = {
  name: 'first-step',
  measures: 'First LoRA training step, GPT-2 124M shape, less a later one: trace, graph, session',
  against: '',
  unit: 'ms',
  of: 'ours',
  bound: 'at most',
  limit: 1000,
}

/** What the child prints, in milliseconds. */
export interface FirstStep {
  readonly first: number
  readonly later: number
}

/** How long a run waits for its first step, in new processes. */
export const firstStep: Family = {
  rows: [FIRST],
  measure: async ({ rounds, quick }) => {
    const model = temporaryDirectory()
    await inChild('write-checkpoint', [model])
    const runs: FirstStep[] = []
    for (let round = 0; round < (quick ? 1 : Math.min(3, rounds)); round++)
      runs.push(await inChild<FirstStep>('first-step', [model]))
    const detail = { first: median(runs.map(({ first }) => first)), later: median(runs.map(({ later }) => later)) }
    return {
      [FIRST.name]: { ours: median(runs.map(({ first, later }) => first - later)), peer: null, ratio: null, detail },
    }
  },
}
