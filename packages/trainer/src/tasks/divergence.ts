import { type Annotated, fault } from '@gfnlm/env'
import { choices } from './choices.ts'

/**
 * [rows] how far each completion is from the frozen reference, nats: Σ_t (log π − log π_ref) over what the policy
 * chose, when it was drawn. Of either sign; its mean estimates KL(π ‖ π_ref). 0 for rows that are left out.
 *
 * @throws a ReferenceMissing fault for a batch without log-probabilities of the reference, or of fewer rows than it has
 */
export const divergences = (batch: Annotated): Float64Array => {
  const { rows, width, logPF, referenceLogProb } = batch
  if (referenceLogProb?.length !== rows * width)
    throw fault(
      'ReferenceMissing',
      `step ${batch.step}: the batch has no log-probabilities of the reference for all of its rows, which the KL in the reward is made of`,
      'Put `referenceLogProbs(mdp, learner)` before the loss step, and after whatever adds rows.',
      { step: batch.step },
    )
  const chosen = choices(batch)
  const sums = new Float64Array(rows)
  for (let cell = 0; cell < rows * width; cell++)
    if (chosen[cell] !== 0) sums[Math.floor(cell / width)]! += logPF[cell]! - referenceLogProb[cell]!
  return sums
}
