import { type TokenMDP, type Weighted, settledTokens } from '@gfnlm/env'
import { type Device, jitPerShape } from '@gfnlm/jit'
import { type KLController, fixedKL } from '@gfnlm/losses'
import {
  type PackedInput,
  type PolicyState,
  type Tensors,
  actionScores,
  inVocabulary,
  packRows,
  reference,
  tokenValues,
} from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { type OperatorFunction, concatMap } from 'rxjs'
import type { Trainer } from '../trainer.ts'
import { logProbsOf } from './reference-log-probs.ts'
import type { Rollout } from './rollout.ts'
import { type AdvantageOptions, rolloutOf } from './rollout-of.ts'

/** Where a run keeps what a nat of divergence costs: its controller replaces it, checkpoints save it. */
export interface KLCell {
  current: number
}

export interface PPORolloutOptions extends AdvantageOptions {
  /** What a nat of divergence from the reference costs in the reward; a cell, where it changes. Default 0.05 (TRL). */
  readonly klCoefficient?: number | KLCell
  /**
   * What becomes of it after a batch, by the mean of Σ_t KL_t over the completions: `fixedKL` (default; torchtune, TRL)
   * or `adaptiveKL`.
   */
  readonly control?: KLController
  /** What the policy is to stay near. Default: the policy with its adapter off. A batch that knows keeps what it has. */
  readonly reference?: PolicyState
  readonly device?: Device
}

/**
 * Completions as PPO learns from them: one pass of the policy and its value head, one of the reference, and from both
 * the rewards of tokens, advantages and returns (`rolloutOf`). Old log-probabilities are of this pass, not the sampler's, so
 * that the ratio of the first update is 1 to rounding; completions from elsewhere count as drawn now.
 *
 * @param learner a trainer of `ppo`
 * @example
 * const kl: KLCell = { current: 0.2 }
 * sample(learner, { mdp, perPrompt: 4 }), annotate(reward), reweight(uniform),
 * ppoRollouts(mdp, learner, { klCoefficient: kl, control: adaptiveKL({ target: 6, horizon: 10_000 }) }),
 * ppoStep(learner, { epochs: 4, minibatches: 4 })
 */
export const ppoRollouts = (
  mdp: TokenMDP,
  learner: Pick<Trainer<never>, 'policy' | 'trainable' | 'own'>,
  options: PPORolloutOptions = {},
): OperatorFunction<Weighted, Rollout> => {
  const { policy } = learner
  const { klCoefficient = 0.05, control = fixedKL, reference: near = reference(policy), device = 'cpu' } = options
  const cell: KLCell = typeof klCoefficient === 'number' ? { current: klCoefficient } : klCoefficient
  if (!(cell.current >= 0)) throw new RangeError(`ppoRollouts: klCoefficient must be at least 0, found ${cell.current}`)
  const ofReference = logProbsOf(mdp, near, device)
  const score = jitPerShape(
    (given: { trainable: Tensors; head?: Tensors; packed: PackedInput }, constants) => {
      const { logPF, ofHidden } = actionScores(policy, mdp, constants, given.trainable, given.packed, {
        ofHidden: (hidden: tf.Tensor3D) => tokenValues(given.head ?? {}, hidden),
      })
      return { logPF, value: ofHidden }
    },
    { device, constants: policy.constants, limit: 64 },
  )
  return concatMap(async (batch) => {
    const packed = inVocabulary(policy, packRows(batch, settledTokens(batch)))
    const { logPF, value } = await score({ trainable: learner.trainable(), head: learner.own(), packed })
    const known = {
      ...batch,
      logPF: logPF.data as Float32Array,
      value: value.data as Float32Array,
      referenceLogProb: batch.referenceLogProb ?? (await ofReference(batch)),
    }
    const rollout = rolloutOf(known, cell.current, options)
    const samples = batch.keep.reduce((n, kept) => n + kept, 0)
    cell.current = control(cell.current, { kl: rollout.metrics['objective/kl']!, samples })
    return rollout
  })
}
