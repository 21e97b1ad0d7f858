import { inChild } from '../measure/child.ts'
import { temporaryDirectory } from '../measure/temporary.ts'
import type { Family, Row } from '../row.ts'

const ROW: Row = {
  name: 'lora-memory',
  measures:
    'Peak resident memory of LoRA training from a checkpoint on disk, GPT-2 124M shape, 8 × 64 tokens, 5 steps',
  against: 'the weights',
  unit: 'MB',
  of: 'ratio',
  bound: 'at most',
  limit: 2.5,
}

/** What the child prints, in bytes. */
export interface PeakMemory {
  readonly weights: number
  readonly peak: number
  /** Resident when everything is imported and nothing loaded. */
  readonly before: number
  /** Resident after the last step. */
  readonly after: number
}

/** The most that a training process held of the machine's memory at any time. */
export const memory: Family = {
  rows: [ROW],
  measure: async () => {
    const model = temporaryDirectory()
    await inChild('write-checkpoint', [model])
    const { weights, peak, before, after } = await inChild<PeakMemory>('peak-memory', [model])
    const mb = (bytes: number): number => bytes / 1e6
    return {
      [ROW.name]: {
        ours: mb(peak),
        peer: mb(weights),
        ratio: peak / weights,
        detail: { before: mb(before), after: mb(after) },
      },
    }
  },
}
