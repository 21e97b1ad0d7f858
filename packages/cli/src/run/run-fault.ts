import { type Fault, fault, isFault } from '@gfnlm/env'

/** Whatever ended a run, as a fault: what is none yet is mostly a model whose numbers ran away. */
export const runFault = (cause: unknown): Fault =>
  isFault(cause)
    ? cause
    : fault(
        'RunFailed',
        `the run failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        'If the model diverged, lower optimizer.learningRate or set optimizer.clipNorm; GFNLM_DEBUG=1 shows where it failed',
        { cause },
      )
