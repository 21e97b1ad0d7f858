import { trajectoryTokens } from './count-tokens.ts'
import { type TokenMDP, type Weighted, settledTokens } from '@gfnlm/env'
import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { type Terms, type TrajectoryInputs, gateRows, statesUpTo } from '@gfnlm/losses'
import { type PackedInput, type Read, type Readers, actionScores, packRows } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { nothingToTrain } from './nothing-to-train.ts'
import { onMDP } from './on-mdp.ts'
import { byPrompts, byRows } from './parts.ts'
import type { Task, TaskInputs } from './task.ts'

/** Trajectories as arrays: prompts and actions packed, rewards tempered. */
export const packTrajectories = (batch: Weighted): Record<string, ReturnType<typeof hostTensor>> => {
  const { rows, width, rewardTemperature } = batch
  return {
    ...packRows(batch, settledTokens(batch)),
    length: hostTensor(batch.length),
    group: hostTensor(batch.group),
    keep: hostTensor(Float32Array.from(batch.keep)),
    weight: hostTensor(batch.weight),
    logReward: hostTensor(
      batch.logReward.map((r) => r / rewardTemperature),
      [rows, width],
    ),
  }
}

/** What every loss on trajectories is given; rows are told apart by prompt. */
export type Trajectory = TrajectoryInputs & { readonly group: tf.Tensor1D }

/** An objective on the token MDP. */
export interface TrajectoryObjective<Inputs extends TrajectoryInputs> {
  readonly name: string
  readonly mdp: TokenMDP
  /** What the loss reads besides the trajectories: log Z, what a prior says, a flow that was read off the states. */
  readonly inputs: (batch: Trajectory, given: TaskInputs, read: Partial<Read<Readers>>) => Inputs
  /** What else is read of the states in the pass that scores their actions. */
  readonly readers?: (given: TaskInputs) => Readers
  readonly loss: (inputs: Inputs) => Terms
  /** Whether rows of a prompt have a statistic in common, so that they are not to be parted. */
  readonly prompts: 'together' | 'apart'
  readonly pack?: (batch: Weighted) => HostTensors
  readonly parameters?: HostTensors
  readonly rateScale?: number
}

/**
 * An objective as a task: the policy's log-probabilities of a batch, then a loss of the losses package. `pack` throws a
 * MDPMismatch fault for completions that were sampled with another MDP.
 */
export const trajectoryTask = <Inputs extends TrajectoryInputs>({
  name,
  mdp,
  inputs,
  readers = () => ({}),
  loss,
  prompts,
  pack = packTrajectories,
  parameters = {},
  rateScale = 1,
}: TrajectoryObjective<Inputs>): Task<Weighted> =>
  onMDP(mdp, {
    name,
    parameters,
    rateScale,
    pack,
    tokens: trajectoryTokens,
    packParts: (batch, parts) => (prompts === 'together' ? byPrompts : byRows)(batch, parts).map(pack),
    loss: (given) => {
      const { policy, constants, trainable, batch } = given
      // A log Z of its own is nothing to sample better with.
      if (Object.keys(trainable).length === 0) throw nothingToTrain(policy.name)
      const rows = batch as TaskInputs['batch'] & PackedInput
      const { logPF, logPTerm, ...read } = actionScores<Readers>(
        policy,
        mdp,
        constants,
        trainable,
        rows,
        readers(given),
      )
      const trajectories: Trajectory = {
        logPF,
        logPTerm,
        logReward: batch['logReward'] as tf.Tensor2D,
        valid: statesUpTo(batch['length'] as tf.Tensor1D, mdp.maxLength + 1),
        keep: batch['keep'] as tf.Tensor1D,
        group: batch['group'] as tf.Tensor1D,
      }
      return loss(gateRows(inputs(trajectories, given, read), batch['weight'] as tf.Tensor1D))
    },
  })
