import type { Annotated } from '@gfnlm/env'
import { type Estimator, type Rows, byRow } from './estimator.ts'

/** Rows that say when they were sampled; all at the batch's own step where they do not. */
export type Aged = Rows & Pick<Annotated, 'step' | 'sampledAt'>

export interface StalenessOptions<Batch> {
  /** Steps after which a sample counts half. */
  readonly halfLife: number
  /** The step that learns from the batch; default the batch's own. Give the learner's where rollouts run ahead. */
  readonly now?: (batch: Batch) => number
}

/**
 * Older samples count less: those of a replay buffer, or of rollouts that ran ahead of the learner.
 *
 *   w = 2^(−age / halfLife),   age = the learning step − the step the row was sampled at
 *
 * @throws RangeError for a half-life that is not above 0
 * @example reweight(stalenessDecay({ halfLife: 20 }))
 */
export const stalenessDecay = <Batch extends Aged = Aged>({
  halfLife,
  now = ({ step }) => step,
}: StalenessOptions<Batch>): Estimator<Batch> => {
  if (!(halfLife > 0)) throw new RangeError(`stalenessDecay: halfLife must be above 0, found ${halfLife}`)
  return (batch) => {
    const { step, sampledAt } = batch
    const present = now(batch)
    return byRow(batch, (row) => 2 ** (-Math.max(0, present - (sampledAt?.[row] ?? step)) / halfLife))
  }
}
