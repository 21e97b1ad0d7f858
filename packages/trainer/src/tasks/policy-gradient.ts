import { type TokenMDP, type Weighted, selectRows, settledTokens, wasCutOff } from '@gfnlm/env'
import { type HostTensors, hostScalar, hostTensor } from '@gfnlm/jit'
import {
  type ClippedOptions,
  type EntropyBonus,
  type GroupAdvantageOptions,
  type PolicyGradientLoss,
  type PolicyGradientOptions,
  batchMeanBaseline,
  entropyOf,
  groupAdvantages,
  grpo,
  informativeGroups,
  klPenalised,
  leaveOneOut,
  reinforce,
  rloo,
} from '@gfnlm/losses'
import { type PackedInput, type Readers, actionScores, packRows } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { choices } from './choices.ts'
import { trajectoryTokens } from './count-tokens.ts'
import { compared } from './compared.ts'
import { divergences } from './divergence.ts'
import { nothingToTrain } from './nothing-to-train.ts'
import { onMDP } from './on-mdp.ts'
import { rowParts } from './parts.ts'
import type { Task, TaskInputs } from './task.ts'
import { temperedRewards } from './tempered-rewards.ts'

/** Where a run keeps the weight of its entropy bonus: `entropyControl` replaces it. */
export interface EntropyCell {
  current: EntropyBonus
}

/** Advantages [rows] of rewards [rows] (NaN: not known) whose prompts are told apart by `group` [rows]. */
export type AdvantagesOf = (rewards: Float32Array, group: Int32Array) => ArrayLike<number>

export interface PolicyGradientTaskOptions {
  readonly name: string
  /** A member of the family: `grpo()`, `gspo()`, `ppoPolicy()`… */
  readonly loss: PolicyGradientLoss
  readonly advantages: AdvantagesOf
  /** Whether the loss reads log-probabilities of the frozen reference (β > 0): one more forward. Default false. */
  readonly reference?: boolean
  /** Whether the loss reads the entropy of the policy at every choice. Default false. */
  readonly entropy?: boolean
  /** The weight of that entropy where it changes from step to step (`entropyControl`), instead of the loss's own. */
  readonly entropyBonus?: EntropyCell
  /**
   * What a nat of divergence from the reference costs in the reward: r − c Σ_t (log π_old − log π_ref). Above 0 batches
   * need `referenceLogProbs`. Default 0.
   */
  readonly klCoefficient?: number
  /**
   * Leaves out prompts whose completions are all worth the same, so that the tokens of those that teach something share
   * the whole loss (the filter of DAPO's dynamic sampling). Default false: they count, with advantage 0.
   */
  readonly onlyInformative?: boolean
  /**
   * Leaves out completions that were cut off at the greatest length, whose rewards are compared with all the same: TRL's
   * `mask_truncated_completions`. Default false.
   */
  readonly onlyEnded?: boolean
}

/** [rows] what advantages are made of: tempered rewards, less what the divergence from the reference costs. */
const shapedRewards = (batch: Weighted, klCoefficient: number): Float32Array => {
  const rewards = temperedRewards(batch)
  return klCoefficient === 0 ? rewards : Float32Array.from(klPenalised(rewards, divergences(batch), klCoefficient))
}

/** Rows of a batch as arrays; advantages are those of the whole batch. */
const packed = (
  batch: Weighted,
  {
    advantages,
    onlyInformative = false,
    onlyEnded = false,
    klCoefficient = 0,
    entropyBonus,
  }: PolicyGradientTaskOptions,
  parts: number,
): readonly HostTensors[] => {
  const rewards = shapedRewards(batch, klCoefficient)
  const advantage = Float32Array.from(advantages(rewards, batch.group))
  const informative = onlyInformative ? informativeGroups(rewards, batch.group) : undefined
  const leftOut = (row: number): boolean => informative?.[row] === 0 || (onlyEnded && wasCutOff(batch, row))
  const keep = batch.keep.map((kept, row) => (leftOut(row) ? 0 : kept))
  return rowParts(batch, parts).map((chosen) => {
    const part = selectRows({ ...batch, keep }, chosen)
    const { rows, width, logPF, tokenWeight } = part
    return {
      ...packRows(part, settledTokens(part)),
      weight: hostTensor(part.weight),
      advantage: hostTensor(Float32Array.from(chosen, (row) => advantage[row]!)),
      mask: hostTensor(choices(part), [rows, width]),
      ...(entropyBonus === undefined ? {} : { entropyBonus: hostScalar(entropyBonus.current.applied) }),
      oldLogProb: hostTensor(logPF, [rows, width]),
      correction: hostTensor(tokenWeight ?? new Float32Array(rows * width).fill(1), [rows, width]),
    }
  })
}

/**
 * A policy gradient on the token MDP: completions with rewards at their ends become advantages on the host, and the
 * loss compares the policy's log-probabilities with those the completions were drawn with (`logPF`; a completion that
 * has none counts as drawn by the present policy). Rewards are `logReward / rewardTemperature`; weights of tokens
 * (`reweightTokens`) multiply the advantage's term.
 *
 * `pack` throws a Fault for an infinite reward (`RewardNotFinite`), for completions that were sampled with another MDP
 * (`MDPMismatch`) and, where the KL is in the reward, for a batch without
 * log-probabilities of the reference (`ReferenceMissing`).
 *
 * @throws RangeError for a klCoefficient below 0
 * @example policyGradientTask(mdp, { name: 'gspo', loss: gspo(), advantages: groupAdvantages })
 */
export const policyGradientTask = (mdp: TokenMDP, options: PolicyGradientTaskOptions): Task<Weighted> => {
  const { name, loss, reference = false, entropyBonus, klCoefficient = 0 } = options
  const { entropy = entropyBonus !== undefined } = options
  if (!(klCoefficient >= 0)) throw new RangeError(`${name}: klCoefficient must be at least 0, found ${klCoefficient}`)
  return onMDP<Weighted>(mdp, {
    name,
    parameters: {},
    rateScale: 1,
    pack: (batch) => packed(batch, options, 1)[0]!,
    packParts: (batch, parts) => packed(batch, options, parts),
    tokens: trajectoryTokens,
    loss: ({ policy, constants, trainable, batch }) => {
      if (Object.keys(trainable).length === 0) throw nothingToTrain(policy.name)
      const rows = batch as TaskInputs['batch'] & PackedInput
      const read = entropy ? { ofLogits: entropyOf } : {}
      const { logPF, ofLogits } = actionScores<Readers>(policy, mdp, constants, trainable, rows, read)
      return loss({
        logProb: logPF,
        ...(ofLogits === undefined ? {} : { entropy: ofLogits }),
        ...(entropyBonus === undefined ? {} : { entropyBonus: batch['entropyBonus'] as tf.Scalar }),
        ...(reference ? { referenceLogProb: actionScores(policy, mdp, constants, null, rows).logPF } : {}),
        advantage: batch['advantage'] as tf.Tensor1D,
        mask: batch['mask'] as tf.Tensor2D,
        oldLogProb: batch['oldLogProb'] as tf.Tensor2D,
        correction: batch['correction'] as tf.Tensor2D,
      })
    },
  })
}

type Shared = Pick<PolicyGradientTaskOptions, 'onlyInformative' | 'onlyEnded' | 'klCoefficient'>
type Own = Pick<PolicyGradientOptions, 'beta' | 'entropyBonus'> & Shared

const shared = ({
  beta = 0,
  entropyBonus = 0,
  onlyInformative = false,
  onlyEnded = false,
  klCoefficient = 0,
}: Own) => ({
  reference: beta > 0,
  entropy: entropyBonus > 0,
  onlyInformative,
  onlyEnded,
  klCoefficient,
})

/** A task's options without those that are no loss's. */
const ofLoss = <Options extends Shared>({
  onlyInformative: _,
  onlyEnded: __,
  klCoefficient: ___,
  ...options
}: Options): Omit<Options, keyof Shared> => options

export interface ReinforceTaskOptions extends PolicyGradientOptions, Shared {
  /** Default `batchMeanBaseline`. */
  readonly baseline?: AdvantagesOf
}

/** REINFORCE; the baseline is the mean of the batch unless another is given (`leaveOneOut`, `noBaseline`). */
export const reinforceTask = (
  mdp: TokenMDP,
  { baseline = batchMeanBaseline, ...options }: ReinforceTaskOptions = {},
): Task<Weighted> =>
  policyGradientTask(mdp, {
    name: 'reinforce',
    loss: reinforce(ofLoss(options)),
    advantages: baseline,
    ...shared(options),
  })

/**
 * REINFORCE leave-one-out: the baseline is the mean of a prompt's other completions. At least two a prompt, or a batch is
 * a CompletionsAlone fault.
 *
 * @param options.klCoefficient the KL in the reward: TRL's `beta` of RLOO, 0.05 there; default 0, because batches need
 *                              `referenceLogProbs` for it
 * @param options.beta          the KL as a term of the loss; default 0
 * @example rlooTask(mdp, { klCoefficient: 0.05 })
 */
export const rlooTask = (mdp: TokenMDP, options: ClippedOptions & Shared = {}): Task<Weighted> =>
  compared(
    policyGradientTask(mdp, { name: 'rloo', loss: rloo(ofLoss(options)), advantages: leaveOneOut, ...shared(options) }),
  )

export type GRPOTaskOptions = ClippedOptions & Omit<GroupAdvantageOptions, 'epsilon'> & Shared

/**
 * GRPO: advantages are standardised within a prompt. At least two completions a prompt, or a batch is a CompletionsAlone
 * fault.
 *
 * @param options.epsilon ε of the clip; what stands beside the deviation is `groupAdvantages`' default (TRL's 1e-4)
 * @param options.scale   what rewards are divided by (TRL `scale_rewards`): the deviation of their `group` (default)
 * @example grpoTask(mdp, { epsilon: 0.2, epsilonHigh: 0.28, scale: 'none' })
 */
export const grpoTask = (mdp: TokenMDP, { scale, deviation, ...options }: GRPOTaskOptions = {}): Task<Weighted> => {
  const given = { ...(scale && { scale }), ...(deviation && { deviation }) }
  return compared(
    policyGradientTask(mdp, {
      name: 'grpo',
      loss: grpo(ofLoss(options)),
      advantages: (rewards, group) => groupAdvantages(rewards, group, given),
      ...shared(options),
    }),
  )
}
