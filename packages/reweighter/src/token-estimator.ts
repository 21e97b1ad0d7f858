import type { Annotated } from '@gfnlm/env'
import type { Rows } from './estimator.ts'

/** What a batch must tell for its tokens to be weighed. */
export type TokenRows = Rows & Pick<Annotated, 'width' | 'length'>

/** What each token of a batch counts for: [rows, width] weights, at least 0; 1 past the end, where nothing counts. */
export type TokenEstimator<Batch extends TokenRows = Annotated> = (batch: Batch) => Float32Array
