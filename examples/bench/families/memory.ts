import { inChild } from '../measure/child.ts'
import { temporaryDirectory } from '../measure/temporary.ts'
import type { Family, Measured, Row } from '../row.ts'

const TRAINING: Row = {
  name: 'lora-memory',
  measures: 'Peak resident memory of LoRA training from a checkpoint on disk, GPT-2 124M shape, 8 × 64 tokens, 5 steps',
  against: 'the weights',
  unit: 'MB',
  of: 'ratio',
  bound: 'at most',
  limit: 2.5,
}

const LOADING: Row = {
  name: 'load-memory',
  measures: 'Peak resident memory until a checkpoint of three bf16 files is loaded, GPT-2 124M shape',
  against: 'the weights in fp32',
  unit: 'MB',
  of: 'ratio',
  bound: 'at most',
  limit: 1.3,
}

/** What the children print, in bytes. */
export interface PeakMemory {
  readonly weights: number
  readonly peak: number
  /** Resident when everything is imported and nothing loaded. */
  readonly before: number
  /** Resident after the last step. */
  readonly after?: number
}

const mb = (bytes: number): number => bytes / 1e6

const measured = ({ weights, peak, before, after }: PeakMemory): Measured => ({
  ours: mb(peak),
  peer: mb(weights),
  ratio: peak / weights,
  detail: { before: mb(before), ...(after === undefined ? {} : { after: mb(after) }) },
})

/** The most that a process held of the machine's memory at any time, training and loading. */
export const memory: Family = {
  rows: [TRAINING, LOADING],
  measure: async () => {
    const [model, sharded] = [temporaryDirectory(), temporaryDirectory()]
    await inChild('write-checkpoint', [model])
    await inChild('write-sharded', [model, sharded])
    return {
      [TRAINING.name]: measured(await inChild<PeakMemory>('peak-memory', [model])),
      [LOADING.name]: measured(await inChild<PeakMemory>('load-memory', [sharded])),
    }
  },
}
