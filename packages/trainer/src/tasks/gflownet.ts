import { type TokenMDP, type Weighted, fault, settledTokens } from '@gfnlm/env'
import { type HostTensors, hostScalar, hostTensor } from '@gfnlm/jit'
import {
  type AnchoredTrajectoryInputs, type ModifiedDetailedBalanceOptions, type ModifiedSubTrajectoryBalanceOptions, type Regression, type Terms,
  estimateLogZ, logPartitionVariance, modifiedDetailedBalance, modifiedSubTrajectoryBalance, statesUpTo, trajectoryBalance,
} from '@gfnlm/losses'
import { type PackedInput, actionScores, packRows } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { nothingToTrain } from './nothing-to-train.ts'
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
    logReward: hostTensor(batch.logReward.map((r) => r / rewardTemperature), [rows, width]),
  }
}

/** `packTrajectories` of a batch whose reward judged every state that may stop, as the modified objectives need. */
const packPrefixes = (batch: Weighted): ReturnType<typeof packTrajectories> => {
  const { width, mdp } = batch
  batch.keep.forEach((kept, row) => {
    for (let t = mdp.minLength; kept !== 0 && t <= batch.length[row]!; t++)
      if (!Number.isFinite(batch.logReward[row * width + t]!))
        throw fault(
          'RewardNotForPrefixes',
          `step ${batch.step}: row ${row} has no reward for stopping after ${t} tokens, and this objective reads it at every state that may stop`,
          'Use a reward of every prefix (likelihood, infillingLikelihood), or an objective of whole completions (varGrad, trajectoryBalanceTask).',
          { row, state: t },
        )
  })
  return packTrajectories(batch)
}

type Loss = (batch: AnchoredTrajectoryInputs & { readonly group: tf.Tensor1D }, parameters: TaskInputs['parameters']) => Terms

/** A GFlowNet objective on the token MDP: the policy's log-probabilities of a batch, then a loss of the losses package. */
const gflownet = (name: string, mdp: TokenMDP, loss: Loss, parameters: HostTensors = {}, rateScale = 1): Task<Weighted> => ({
  name,
  parameters,
  rateScale,
  pack: packTrajectories,
  loss: ({ policy, constants, trainable, parameters: own, batch }) => {
    // A log Z of its own is nothing to sample better with.
    if (Object.keys(trainable).length === 0) throw nothingToTrain(policy.name)
    const scores = actionScores(policy, mdp, constants, trainable, batch as TaskInputs['batch'] & PackedInput)
    return loss(
      {
        ...scores,
        logReward: batch['logReward'] as tf.Tensor2D,
        valid: statesUpTo(batch['length'] as tf.Tensor1D, mdp.maxLength + 1),
        keep: batch['keep'] as tf.Tensor1D,
        group: batch['group'] as tf.Tensor1D,
      },
      own,
    )
  },
})

/** States that may not stop have no flow of their own; the root's is then the batch's estimate of log Z. */
const anchored = (minLength: number) => <B extends Parameters<Loss>[0]>(batch: B): B =>
  minLength === 0 ? batch : { ...batch, logZ: estimateLogZ(batch) }

/** Modified sub-trajectory balance (needs a reward for every prefix); below the minimum length log Z is estimated. */
export const modifiedSubTB = (mdp: TokenMDP, options: Omit<ModifiedSubTrajectoryBalanceOptions, 'minLength'> = {}): Task<Weighted> => {
  const loss = modifiedSubTrajectoryBalance({ ...options, minLength: mdp.minLength })
  return { ...gflownet('modified-subtb', mdp, (batch) => loss(anchored(mdp.minLength)(batch))), pack: packPrefixes }
}

/** Modified detailed balance (needs a reward for every prefix). */
export const modifiedDB = (mdp: TokenMDP, options: Omit<ModifiedDetailedBalanceOptions, 'minLength'> = {}): Task<Weighted> => {
  const loss = modifiedDetailedBalance({ ...options, minLength: mdp.minLength })
  return { ...gflownet('modified-db', mdp, (batch) => loss(anchored(mdp.minLength)(batch))), pack: packPrefixes }
}

export interface TrajectoryBalanceOptions {
  readonly regression?: Regression
  /** First value of log Z, nats. */
  readonly logZ?: number
  /** What multiplies the learning rate for log Z. */
  readonly rateScale?: number
}

/** Trajectory balance with one learned log Z, for runs on one prompt; use VarGrad for many. */
export const trajectoryBalanceTask = (mdp: TokenMDP, { regression, logZ = 0, rateScale = 1 }: TrajectoryBalanceOptions = {}): Task<Weighted> => {
  const loss = trajectoryBalance(regression === undefined ? {} : { regression })
  return gflownet('tb', mdp, (batch, own) => loss({ ...batch, logZ: own['logZ'] as tf.Scalar }), { logZ: hostScalar(logZ) }, rateScale)
}

/** VarGrad: trajectory balance with the log Z of each prompt estimated from its own completions. */
export const varGrad = (mdp: TokenMDP, options: { readonly regression?: Regression } = {}): Task<Weighted> => {
  const loss = logPartitionVariance(options)
  return gflownet('vargrad', mdp, loss)
}
