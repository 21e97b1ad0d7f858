import type { Annotated } from '@gfnlm/env'

/** What each row of a batch counts for: [rows] weights, at least 0. Rows with keep = 0 are the operator's business. */
export type Estimator = (batch: Annotated) => Float32Array

/** Every kept row counts alike: weight 1. */
export const uniform: Estimator = ({ keep }) => Float32Array.from(keep, (kept) => (kept === 0 ? 0 : 1))
