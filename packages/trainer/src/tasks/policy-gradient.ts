import { type TokenMDP, type Weighted, fault, selectRows, settledTokens, terminalReward } from '@gfnlm/env'
import { type HostTensors, hostTensor } from '@gfnlm/jit'
import {
  type ClippedOptions,
  type GroupAdvantageOptions,
  type PolicyGradientLoss,
  type PolicyGradientOptions,
  batchMeanBaseline,
  groupAdvantages,
  grpo,
  informativeGroups,
  leaveOneOut,
  reinforce,
  rloo,
} from '@gfnlm/losses'
import { type PackedInput, actionScores, packRows } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { nothingToTrain } from './nothing-to-train.ts'
import { rowParts } from './parts.ts'
import type { Task, TaskInputs } from './task.ts'

/** Advantages [rows] of rewards [rows] (NaN: not known) whose prompts are told apart by `group` [rows]. */
export type AdvantagesOf = (rewards: Float32Array, group: Int32Array) => ArrayLike<number>

export interface PolicyGradientTaskOptions {
  readonly name: string
  /** A member of the family: `grpo()`, `gspo()`, `ppoPolicy()`… */
  readonly loss: PolicyGradientLoss
  readonly advantages: AdvantagesOf
  /** Whether the loss reads log-probabilities of the frozen reference (β > 0): one more forward. Default false. */
  readonly reference?: boolean
  /**
   * Leaves out prompts whose completions are all worth the same, so that the tokens of those that teach something share
   * the whole loss (the filter of DAPO's dynamic sampling). Default false: they count, with advantage 0.
   */
  readonly onlyInformative?: boolean
}

/** [rows] the tempered reward of each completion; throws a Fault for one that is infinite. */
const rewardsOf = (batch: Weighted): Float32Array =>
  terminalReward(batch).map((reward, row) => {
    if (reward === Infinity || reward === -Infinity)
      throw fault(
        'RewardNotFinite',
        `step ${batch.step}: the reward of row ${row} is ${reward}, and a policy gradient has no baseline for it`,
        'Bound the reward, or return null for completions that cannot be judged.',
        { row, reward },
      )
    return reward / batch.rewardTemperature
  })

/** [rows, width] 1 where the policy chose: up to the terminator, which at a forced leaf is no choice of its own. */
const choices = ({ rows, width, length, keep, mdp }: Weighted, learned: Uint8Array | undefined): Float32Array =>
  Float32Array.from({ length: rows * width }, (_, cell) => {
    const [row, t] = [Math.floor(cell / width), cell % width]
    const counts = keep[row] !== 0 && learned?.[row] !== 0
    return counts && t <= length[row]! && (t < mdp.maxLength || mdp.leaf === 'free') ? 1 : 0
  })

/** Rows of a batch as arrays; advantages are those of the whole batch. */
const packed = (
  batch: Weighted,
  { advantages, onlyInformative = false }: PolicyGradientTaskOptions,
  parts: number,
): readonly HostTensors[] => {
  const rewards = rewardsOf(batch)
  const advantage = Float32Array.from(advantages(rewards, batch.group))
  const learned = onlyInformative ? informativeGroups(rewards, batch.group) : undefined
  return rowParts(batch, parts).map((chosen) => {
    const part = selectRows(batch, chosen)
    const { rows, width, logPF, tokenWeight } = part
    return {
      ...packRows(part, settledTokens(part)),
      weight: hostTensor(part.weight),
      advantage: hostTensor(Float32Array.from(chosen, (row) => advantage[row]!)),
      mask: hostTensor(choices(part, learned && Uint8Array.from(chosen, (row) => learned[row]!)), [rows, width]),
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
 * `pack` throws a Fault (`RewardNotFinite`) for an infinite reward.
 *
 * @example policyGradientTask(mdp, { name: 'gspo', loss: gspo(), advantages: groupAdvantages })
 */
export const policyGradientTask = (mdp: TokenMDP, options: PolicyGradientTaskOptions): Task<Weighted> => ({
  name: options.name,
  parameters: {},
  rateScale: 1,
  pack: (batch) => packed(batch, options, 1)[0]!,
  packParts: (batch, parts) => packed(batch, options, parts),
  loss: ({ policy, constants, trainable, batch }) => {
    if (Object.keys(trainable).length === 0) throw nothingToTrain(policy.name)
    const rows = batch as TaskInputs['batch'] & PackedInput
    const scored = (parameters: TaskInputs['trainable'] | null): tf.Tensor2D =>
      actionScores(policy, mdp, constants, parameters, rows).logPF
    return options.loss({
      logProb: scored(trainable),
      ...(options.reference === true ? { referenceLogProb: scored(null) } : {}),
      advantage: batch['advantage'] as tf.Tensor1D,
      mask: batch['mask'] as tf.Tensor2D,
      oldLogProb: batch['oldLogProb'] as tf.Tensor2D,
      correction: batch['correction'] as tf.Tensor2D,
    })
  },
})

type Shared = Pick<PolicyGradientTaskOptions, 'onlyInformative'>
type WithoutEntropy<Options extends PolicyGradientOptions> = Omit<Options, 'entropyBonus'>

const shared = ({ beta = 0, onlyInformative = false }: Pick<PolicyGradientOptions, 'beta'> & Shared) => ({
  reference: beta > 0,
  onlyInformative,
})

export interface ReinforceTaskOptions extends WithoutEntropy<PolicyGradientOptions>, Shared {
  /** Default `batchMeanBaseline`. */
  readonly baseline?: AdvantagesOf
}

/** REINFORCE; the baseline is the mean of the batch unless another is given (`leaveOneOut`, `noBaseline`). */
export const reinforceTask = (
  mdp: TokenMDP,
  { baseline = batchMeanBaseline, ...options }: ReinforceTaskOptions = {},
): Task<Weighted> =>
  policyGradientTask(mdp, { name: 'reinforce', loss: reinforce(options), advantages: baseline, ...shared(options) })

/**
 * REINFORCE leave-one-out: the baseline is the mean of a prompt's other completions. At least two a prompt. β weighs a
 * term of the loss here; TRL's is in the reward, which needs the reference's log-probabilities before the update.
 */
export const rlooTask = (mdp: TokenMDP, options: WithoutEntropy<ClippedOptions> & Shared = {}): Task<Weighted> =>
  policyGradientTask(mdp, { name: 'rloo', loss: rloo(options), advantages: leaveOneOut, ...shared(options) })

/** GRPO: advantages are standardised within a prompt. At least two completions a prompt. */
export const grpoTask = (
  mdp: TokenMDP,
  { scale, epsilon, deviation, ...options }: WithoutEntropy<ClippedOptions> & GroupAdvantageOptions & Shared = {},
): Task<Weighted> => {
  const given = { ...(scale && { scale }), ...(epsilon !== undefined && { epsilon }), ...(deviation && { deviation }) }
  return policyGradientTask(mdp, {
    name: 'grpo',
    loss: grpo(options),
    advantages: (rewards, group) => groupAdvantages(rewards, group, given),
    ...shared(options),
  })
}
