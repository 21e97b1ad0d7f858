import type { HostTensor, HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { tensorsOf } from '../architectures/modules.ts'
import { type LoadOptions, loadWith } from '../from-pretrained.ts'
import type { PolicyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { labelsOf } from './classifier-fields.ts'
import { SCORE_WEIGHT } from './score-head.ts'

/** A decoder and its score head. */
export interface Classifier {
  /** Has hidden states; logits only where the embedding is the vocabulary's head, as a classifier is saved without one. */
  readonly policy: PretrainedPolicy
  /** The score head's parameters. */
  readonly head: HostTensors
  /** What each score stands for. */
  readonly labels: readonly string[]
}

const apart = (tensors: HostTensors): { readonly score: HostTensor | undefined; readonly rest: HostTensors } => {
  const { [SCORE_WEIGHT]: score, ...rest } = tensors
  return { score, rest }
}

/**
 * Loads a `…ForSequenceClassification` checkpoint: a reward model, a classifier. With `train: 'all'` the policy's
 * weights train; the head's do if they are a task's parameters.
 *
 * @example
 * const { policy, head } = await loadClassifier('path/to/reward-model')()
 * jit(({ parameters, ...input }, constants) => sequenceScores(policy, constants, null, parameters, input), …)
 */
export const loadClassifier = (
  idOrDirectory: string,
  options: LoadOptions = {},
): TE.TaskEither<PolicyFault, Classifier> =>
  pipe(
    loadWith((config, json) =>
      pipe(
        labelsOf(json),
        // Of its modules a tied decoder lacks the vocabulary's head, as these checkpoints do.
        E.map(
          (labels) =>
            new Map([...tensorsOf({ ...config, tied: true }), [SCORE_WEIGHT, [labels.length, config.hidden]]]),
        ),
      ),
    )(idOrDirectory, options),
    TE.chainEitherK((policy) =>
      pipe(
        labelsOf(policy.configJson),
        E.map((labels) => {
          const { score, rest } = apart(policy.constants)
          return {
            policy: { ...policy, constants: rest, trainable: apart(policy.trainable).rest },
            head: { [SCORE_WEIGHT]: score! },
            labels,
          }
        }),
      ),
    ),
  )
