import { median } from '../measure/compare.ts'
import type { Family, Row } from '../row.ts'
import { SMALL } from '../shapes.ts'
import { policyOf, trainingStep } from '../steps.ts'

/** Steps after which memory must not grow any more. */
const SETTLED = 200

const MEMORY: Row = {
  name: 'long-run-memory',
  measures: 'Resident memory at the end of 10 000 LoRA steps, 5 layers, d 64, vocabulary 512, 32 × 64 tokens',
  against: `the same after ${SETTLED} steps`,
  unit: 'MB',
  of: 'ratio',
  bound: 'at most',
  limit: 1.05,
}
const TIME: Row = {
  ...MEMORY,
  name: 'long-run-step',
  measures: 'A step at the end of the same run',
  unit: 'ms',
  limit: 1.1,
}

/** Whether a long run stays as it began. */
export const longRun: Family = {
  rows: [MEMORY, TIME],
  measure: async ({ longRun: steps }) => {
    const step = trainingStep(policyOf(SMALL), SMALL)
    const times: number[] = []
    const resident: number[] = []
    for (let i = 0; i < steps; i++) {
      const start = performance.now()
      await step()
      times.push(performance.now() - start)
      resident.push(process.memoryUsage.rss() / 1e6)
    }
    const window = Math.min(SETTLED, (steps - SETTLED) / 2)
    const early = (values: readonly number[]): number => median(values.slice(SETTLED, SETTLED + window))
    const late = (values: readonly number[]): number => median(values.slice(-window))
    const drift = (values: readonly number[]) => ({
      ours: late(values),
      peer: early(values),
      ratio: late(values) / early(values),
      detail: { steps },
    })
    return { [MEMORY.name]: drift(resident), [TIME.name]: drift(times) }
  },
}
