import { against, takeTurns, timed } from '../measure/compare.ts'
import { PYTORCH, pytorchBest } from '../measure/pytorch.ts'
import type { Family, Row } from '../row.ts'
import { FULL } from '../shapes.ts'
import { policyOf, trainingStep } from '../steps.ts'

const ROW: Row = {
  name: 'full-step-pytorch',
  measures: 'Full fine-tuning step, d 256, 6 layers, vocabulary 4096, 16 × 128 tokens: all weights, AdamW',
  against: 'PyTorch, its best thread count',
  unit: 'ms',
  of: 'ratio',
  bound: 'at least',
  limit: 1.5,
}

/** A step in which every weight trains. */
export const fullStep: Family = {
  rows: [ROW],
  measure: async ({ rounds }) => {
    const ours = timed('ours', 3, trainingStep(policyOf(FULL), FULL))
    const peers = await pytorchBest('full_train_step', FULL, 3)
    return { [ROW.name]: against(await takeTurns([ours, ...peers], rounds), ours.name, PYTORCH, 'faster') }
  },
}
