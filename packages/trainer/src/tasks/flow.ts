import type { TokenMDP, Weighted } from '@gfnlm/env'
import type { HostTensors } from '@gfnlm/jit'
import {
  type DetailedBalanceOptions,
  type FlowTrajectoryInputs,
  type SubTrajectoryBalanceOptions,
  detailedBalance,
  subTrajectoryBalance,
} from '@gfnlm/losses'
import { tokenValues } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { Task } from './task.ts'
import { type Trajectory, type TrajectoryObjective, trajectoryTask } from './trajectory-task.ts'

/** A learned flow of states: log F(s_t) = w · h_t + b on the policy's own hidden states. */
export interface FlowHead {
  /** First values of w and b: `valueHead(policy.config.hidden)`, or saved ones. */
  readonly head: HostTensors
  /** What multiplies the learning rate for the head, which starts from nothing; default 1. */
  readonly rateScale?: number
}

/** [rows, width] log F: the head's, but where completions are forced to stop, whose flow is their reward. */
const flowOf = (mdp: TokenMDP, { logReward }: Trajectory, learned: tf.Tensor2D): tf.Tensor2D => {
  if (mdp.leaf === 'free') return learned
  const { maxLength } = mdp
  const [rows] = learned.shape
  const leaf = tf.slice2d(logReward, [0, maxLength], [rows, 1])
  return tf.concat2d([tf.slice2d(learned, [0, 0], [rows, maxLength]), leaf], 1)
}

const withFlow = (
  mdp: TokenMDP,
  { head, rateScale }: Required<FlowHead>,
): Omit<TrajectoryObjective<FlowTrajectoryInputs>, 'name' | 'loss'> => ({
  mdp,
  prompts: 'apart',
  parameters: head,
  rateScale,
  readers: ({ parameters }) => ({ ofHidden: (hidden) => tokenValues(parameters, hidden) }),
  inputs: (batch, _, { ofHidden }) => ({ ...batch, logF: flowOf(mdp, batch, ofHidden as tf.Tensor2D) }),
})

/**
 * Sub-trajectory balance with a learned flow: for rewards of whole completions, where `modifiedSubTB` has none for their
 * prefixes.
 *
 * @example subTrajectoryBalanceTask(mdp, { head: valueHead(policy.config.hidden), lambda: 0.9 })
 */
export const subTrajectoryBalanceTask = (
  mdp: TokenMDP,
  { head, rateScale = 1, ...options }: SubTrajectoryBalanceOptions & FlowHead,
): Task<Weighted> =>
  trajectoryTask({
    name: 'subtb',
    ...withFlow(mdp, { head, rateScale }),
    loss: subTrajectoryBalance(options),
  })

/** Detailed balance with a learned flow. */
export const detailedBalanceTask = (
  mdp: TokenMDP,
  { head, rateScale = 1, ...options }: DetailedBalanceOptions & FlowHead,
): Task<Weighted> =>
  trajectoryTask({
    name: 'db',
    ...withFlow(mdp, { head, rateScale }),
    loss: detailedBalance(options),
  })
