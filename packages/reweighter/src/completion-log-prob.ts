import type { Annotated } from '@gfnlm/env'

/**
 * [rows] log-probability of each whole completion, terminator included, nats: Σ over columns 0..length of a
 * [rows, width] column of the batch. NaN where any of them is unknown; padding is not read.
 */
export const completionLogProb = (batch: Annotated, column: 'logPF' | 'logBehaviour'): Float64Array =>
  Float64Array.from({ length: batch.rows }, (_, row) => {
    const first = row * batch.width
    return batch[column].subarray(first, first + batch.length[row] + 1).reduce((sum, logProb) => sum + logProb, 0)
  })
