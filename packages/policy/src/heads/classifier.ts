import type { HostTensor, HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { tensorsOf } from '../architectures/modules.ts'
import { type LoadOptions, type Loaded, loadWith } from '../from-pretrained.ts'
import type { PolicyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { labelsFor, labelsOf } from './classifier-fields.ts'
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

/** The weights of a score head that came with an adapter. */
const scoreIn = (adapter: Loaded['adapter']): HostTensor | undefined =>
  adapter !== undefined && 'tensors' in adapter ? adapter.score?.[SCORE_WEIGHT] : undefined

/** Shapes of a classifier's tensors; those of a tied decoder, because these checkpoints lack the vocabulary's head. */
const wantedOf: Parameters<typeof loadWith>[0] = (config, json, adapter) => {
  const tensors = tensorsOf({ ...config, tied: true })
  return scoreIn(adapter) === undefined
    ? pipe(
        labelsOf(json),
        E.map((labels) => new Map([...tensors, [SCORE_WEIGHT, [labels.length, config.hidden]]])),
      )
    : E.right(tensors)
}

/**
 * Loads a `…ForSequenceClassification` checkpoint: a reward model, a classifier; or any model with the adapter of a
 * classifier, whose score head is in the adapter. With `train: 'all'` the policy's weights train; the head's do if they
 * are a task's parameters.
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
    loadWith(wantedOf)(idOrDirectory, options),
    TE.chainEitherK(({ policy, adapter }) => {
      const { score: own, rest } = apart(policy.constants)
      const score = scoreIn(adapter) ?? own!
      return pipe(
        labelsFor(policy.configJson, score.shape[0]!),
        E.map((labels) => ({
          policy: { ...policy, constants: rest, trainable: apart(policy.trainable).rest },
          head: { [SCORE_WEIGHT]: score },
          labels,
        })),
      )
    }),
  )
