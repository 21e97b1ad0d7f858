import { type TokenMDP, settledTokens } from '@gfnlm/env'
import { type HostTensors, hostTensor } from '@gfnlm/jit'
import {
  type ClippedOptions,
  type Terms,
  type ValueInputs,
  clippedValueLoss,
  entropyOf,
  ppoPolicy,
  sumOfLosses,
} from '@gfnlm/losses'
import { type PackedInput, actionScores, packRows, tokenValues } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { type Rollout, selectRolloutRows } from '../rollout/rollout.ts'
import { choices } from './choices.ts'
import { trajectoryTokens } from './count-tokens.ts'
import { nothingToTrain } from './nothing-to-train.ts'
import { onMDP } from './on-mdp.ts'
import { rowParts } from './parts.ts'
import type { Task, TaskInputs } from './task.ts'

/** Options of the policy's loss, and those of the value's beside it. */
export interface PPOOptions extends Omit<ClippedOptions, 'beta' | 'divergence'> {
  /** First values of a value head: `valueHead(policy.config.hidden)`, or a saved one. */
  readonly head: HostTensors
  /** What the value learns by. Default `clippedValueLoss()` (torchtune, TRL); SB3's is `squaredValueLoss`. */
  readonly valueLoss?: (inputs: ValueInputs) => Terms
  /** What the value's loss is multiplied with beside the policy's. Default 0.1 (`vf_coef`; torchtune, TRL). */
  readonly valueCoefficient?: number
  /** What multiplies the learning rate for the head, which starts from nothing; default 1. */
  readonly rateScale?: number
}

const pack = (rollout: Rollout): HostTensors => {
  const { rows, width, weight, tokenWeight, logPF, value, advantage, returns } = rollout
  const cells = (x: Float32Array) => hostTensor(x, [rows, width])
  return {
    ...packRows(rollout, settledTokens(rollout)),
    weight: hostTensor(weight),
    mask: cells(choices(rollout)),
    oldLogProb: cells(logPF),
    advantage: cells(advantage),
    oldValue: cells(value),
    returns: cells(returns),
    correction: cells(tokenWeight ?? new Float32Array(rows * width).fill(1)),
  }
}

/** A loss that tells its own value. */
const told = (name: string, loss: Terms): Terms => ({
  ...loss,
  metrics: { ...loss.metrics, [name]: tf.sum<tf.Scalar>(tf.mul(loss.share, loss.terms)) },
})

/**
 * Proximal policy optimisation on the token MDP, with a value head on the policy's own hidden states: the head learns
 * beside the adapter, which both losses reach.
 *
 *   loss = mean over tokens of −min(ρ_t A_t, clip(ρ_t, 1 ± ε) A_t) − c_H H_t
 *        + c_V · ½ mean over tokens of max((V_t − R_t)², (V_old + clip(V_t − V_old, ±ε_V) − R_t)²)
 *
 * The KL to the reference is in the reward (`ppoRollouts`), not in the loss. Batches are rollouts, which are learned
 * from several times (`ppoStep`); weights of tokens (`reweightTokens`) multiply the advantage's term. The trained head
 * is `learner.own()`, saved by `saveHead('value', …)`.
 *
 * @param options.epsilon      ε, default 0.2 (`cliprange`); others of the policy's loss: see `ppoPolicy`
 * @param options.entropyBonus c_H, default 0
 * @throws RangeError for an option that a loss refuses, or a policy without hidden states
 * @see Schulman et al. 2017, arXiv:1707.06347; torchtune PPOLoss; TRL PPOTrainer, and its
 *      AutoModelForCausalLMWithValueHead of versions before 0.12
 * @example
 * const learner = trainer(policy, { task: ppo(mdp, { head: valueHead(policy.config.hidden) }), learningRate })
 */
export const ppo = (mdp: TokenMDP, options: PPOOptions): Task<Rollout> => {
  const { head, valueLoss = clippedValueLoss(), valueCoefficient = 0.1, rateScale = 1, ...clipped } = options
  if (!(valueCoefficient >= 0))
    throw new RangeError(`ppo: valueCoefficient must be at least 0, found ${valueCoefficient}`)
  const policyLoss = ppoPolicy(clipped)
  return onMDP(mdp, {
    name: 'ppo',
    parameters: head,
    rateScale,
    pack,
    tokens: trajectoryTokens,
    packParts: (rollout, parts) => rowParts(rollout, parts).map((rows) => pack(selectRolloutRows(rollout, rows))),
    loss: ({ policy, constants, trainable, parameters, batch }) => {
      if (Object.keys(trainable).length === 0) throw nothingToTrain(policy.name)
      const rows = batch as TaskInputs['batch'] & PackedInput
      const { logPF, ofLogits, ofHidden } = actionScores(policy, mdp, constants, trainable, rows, {
        ofLogits: entropyOf,
        ofHidden: (hidden: tf.Tensor3D) => tokenValues(parameters, hidden),
      })
      const of = (name: string): tf.Tensor2D => batch[name] as tf.Tensor2D
      const { metrics, ...actor } = policyLoss({
        logProb: logPF,
        oldLogProb: of('oldLogProb'),
        advantage: of('advantage'),
        mask: of('mask'),
        correction: of('correction'),
        entropy: ofLogits,
      })
      const { entropy, ...others } = metrics
      const critic = valueLoss({
        value: ofHidden,
        oldValue: of('oldValue'),
        returns: of('returns'),
        mask: of('mask'),
      })
      return sumOfLosses([
        [1, told('loss/policy_avg', { ...actor, metrics: { ...others, 'policy/entropy_avg': entropy! } })],
        [valueCoefficient, told('loss/value_avg', critic)],
      ])
    },
  })
}
