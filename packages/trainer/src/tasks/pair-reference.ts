import { checkCount, fault } from '@gfnlm/env'
import { type Device, type HostTensors, hostTensor, jitPerShape } from '@gfnlm/jit'
import type { Pair } from '@gfnlm/losses'
import { type PolicyState, type Tensors, inVocabulary } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { type CompletionPair, type PairLogProbs, packPairs, pairTokens, summed } from './completion-pairs.ts'
import type { Model } from './completions.ts'

/** Where a preference task has the log-probabilities of its reference from. */
export interface PairReference {
  /** What a batch must carry for it. */
  readonly pack: (pairs: readonly CompletionPair[]) => HostTensors
  /** [pairs] log π_ref of both completions, nats, inside of the compiled step. */
  readonly logProbs: (model: Model, packed: Tensors, ofTokens: PairLogProbs) => Pair
}

/** The policy without its adapter, in the same graph: nothing to prepare, one more forward a step. */
export const adapterOff: PairReference = {
  pack: () => ({}),
  logProbs: (model, packed, ofTokens) => ofTokens(pairTokens(model, null, packed)),
}

/** The pairs' own numbers, from `withReference`: no forward, and any policy may be the reference. */
export const precomputed: PairReference = {
  pack: (pairs) => {
    const of = (side: 'chosen' | 'rejected') =>
      hostTensor(
        Float32Array.from(pairs, ({ reference }, pair) => {
          if (reference === undefined)
            throw fault(
              'ReferenceMissing',
              `pair ${pair} has no log-probabilities of the reference`,
              'Compute them once (withReference), or take the policy without its adapter (adapterOff).',
              { pair },
            )
          return reference[side]
        }),
      )
    return { referenceChosenLogProb: of('chosen'), referenceRejectedLogProb: of('rejected') }
  },
  logProbs: (_, packed) => ({
    chosen: packed['referenceChosenLogProb'] as tf.Tensor1D,
    rejected: packed['referenceRejectedLogProb'] as tf.Tensor1D,
  }),
}

export interface WithReferenceOptions {
  /** Pairs scored at once; default 16. */
  readonly at?: number
  /** What is made of the tokens' log-probabilities; the task must be given the same. Default `summed`. */
  readonly logProbs?: PairLogProbs
  readonly device?: Device
}

/**
 * Pairs with the log-probabilities that a policy gives them as it is now, to be learned from with `precomputed`:
 * a frozen model (`reference(policy)`), another model, or the last iterate of self-play (`frozen(policy, adapter)`).
 *
 * @throws RangeError for fewer than 1 pair at once
 * @example const pairs = await withReference(reference(policy), data)
 */
export const withReference = async (
  { policy, trainable }: PolicyState,
  pairs: readonly CompletionPair[],
  { at = 16, logProbs = summed, device = 'cpu' }: WithReferenceOptions = {},
): Promise<readonly CompletionPair[]> => {
  checkCount('withReference', 'at', at)
  const run = jitPerShape(
    ({ trainable: own, batch }: { trainable?: Tensors; batch: Tensors }, constants) => ({
      ...logProbs(pairTokens({ policy, constants }, own ?? null, batch)),
    }),
    { device, constants: policy.constants, limit: 64 },
  )
  const own = trainable()
  const scored: CompletionPair[] = []
  try {
    for (let first = 0; first < pairs.length; first += at) {
      const some = pairs.slice(first, first + at)
      const batch = inVocabulary(policy, packPairs({ pairs: some }))
      const { chosen, rejected } = await run({ ...(own === null ? {} : { trainable: own }), batch })
      const of = (i: number) => ({ chosen: chosen.data[i]!, rejected: rejected.data[i]! })
      scored.push(...some.map((pair, i) => ({ ...pair, reference: of(i) })))
    }
  } finally {
    await run.dispose()
  }
  return scored
}
