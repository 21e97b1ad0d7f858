import { inChild } from '../measure/child.ts'
import { median } from '../measure/compare.ts'
import { temporaryDirectory } from '../measure/temporary.ts'
import type { Family, Measured, Row } from '../row.ts'

const row = (name: string, what: string, limit: number): Row => ({
  name,
  measures: `First LoRA training step, GPT-2 124M shape, ${what}, less a later one: trace, graph, session`,
  against: '',
  unit: 'ms',
  of: 'ours',
  bound: 'at most',
  limit,
})

const COLD = row('first-step-cold', 'empty cache', 3000)
const WARM = row('first-step-warm', 'graph in the cache on disk', 1000)

/** What the child prints, in milliseconds. */
export interface FirstStep {
  readonly first: number
  readonly later: number
}

/** Everything that keeps graphs on disk, in a place of its own. */
const cacheIn = (directory: string): Record<string, string> => ({ GFNLM_CACHE: directory, XDG_CACHE_HOME: directory })

/** How long a run waits for its first step, in new processes. */
export const firstStep: Family = {
  rows: [COLD, WARM],
  measure: async ({ rounds, quick }) => {
    const model = temporaryDirectory()
    await inChild('write-checkpoint', [model])
    const cold: FirstStep[] = []
    const warm: FirstStep[] = []
    for (let round = 0; round < (quick ? 1 : Math.min(3, rounds)); round++) {
      const cache = cacheIn(temporaryDirectory())
      cold.push(await inChild<FirstStep>('first-step', [model], cache))
      warm.push(await inChild<FirstStep>('first-step', [model], cache))
    }
    const measured = (runs: readonly FirstStep[]): Measured => ({
      ours: median(runs.map(({ first, later }) => first - later)),
      peer: null,
      ratio: null,
      detail: { first: median(runs.map(({ first }) => first)), later: median(runs.map(({ later }) => later)) },
    })
    return { [COLD.name]: measured(cold), [WARM.name]: measured(warm) }
  },
}
