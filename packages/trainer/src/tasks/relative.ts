import { type TokenMDP, type Weighted, completionLogProb, terminalReward } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import {
  type FlowRLOptions,
  type Regression,
  type RelativeTrajectoryBalanceOptions,
  flowRL,
  relativeLogPartitionVariance,
  relativeTrajectoryBalance,
  terminationValues,
  trajectoryBalanceWithAsynchrony,
  trustPCL,
} from '@gfnlm/losses'
import { type PackedInput, actionScores } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { compared } from './compared.ts'
import { type LogZSource, learnedLogZ } from './log-z.ts'
import type { Task, TaskInputs } from './task.ts'
import { type Trajectory, packTrajectories, trajectoryTask } from './trajectory-task.ts'

/** What the frozen model behind the policy (its adapter off) says of the completions of a batch. */
const priorOf = (mdp: TokenMDP, batch: Trajectory, { policy, constants, batch: packed }: TaskInputs): tf.Tensor1D => {
  const scores = actionScores(policy, mdp, constants, null, packed as TaskInputs['batch'] & PackedInput)
  return terminationValues({ ...batch, ...scores }).logPF
}

/** Where an objective's own log Z starts and how fast it learns. */
interface Anchored {
  /** A number: the first value of one that all prompts share (default 0); or `logZTable`, `logZHead`. */
  readonly logZ?: number | LogZSource
  /** What multiplies the learning rate for log Z. */
  readonly rateScale?: number
}

const withLogZ = (source: LogZSource) => ({
  pack: (batch: Weighted) => ({ ...packTrajectories(batch), ...source.pack(batch) }),
  parameters: source.parameters,
})

/** Relative trajectory balance towards the posterior of the frozen model under the reward. */
export const relativeTB = (
  mdp: TokenMDP,
  { logZ = 0, rateScale = 1, ...options }: RelativeTrajectoryBalanceOptions & Anchored = {},
): Task<Weighted> => {
  const source = learnedLogZ(logZ)
  return trajectoryTask({
    name: 'rtb',
    mdp,
    prompts: 'apart',
    inputs: (batch, given) => ({ ...batch, referenceLogProb: priorOf(mdp, batch, given), logZ: source.of(given) }),
    loss: relativeTrajectoryBalance(options),
    ...withLogZ(source),
    rateScale,
  })
}

/** The same with the log Z of each prompt estimated from its own completions. */
export const relativeVarGrad = (mdp: TokenMDP, options: RelativeTrajectoryBalanceOptions = {}): Task<Weighted> =>
  compared(
    trajectoryTask({
      name: 'relative-vargrad',
      mdp,
      prompts: 'together',
      inputs: (batch, given) => ({ ...batch, referenceLogProb: priorOf(mdp, batch, given) }),
      loss: relativeLogPartitionVariance(options),
    }),
  )

/** Trajectory balance with asynchrony: the KL-regularised reward r / β, from any policy's completions. */
export const tba = (
  mdp: TokenMDP,
  options: { readonly beta?: number; readonly regression?: Regression } = {},
): Task<Weighted> =>
  compared(
    trajectoryTask({
      name: 'tba',
      mdp,
      prompts: 'together',
      inputs: (batch, given) => ({ ...batch, referenceLogProb: priorOf(mdp, batch, given) }),
      loss: trajectoryBalanceWithAsynchrony(options),
    }),
  )

/** Trust-PCL: path consistency near the frozen model. */
export const trustPCLTask = (
  mdp: TokenMDP,
  { logZ = 0, rateScale = 1, ...options }: { readonly alpha?: number } & Anchored = {},
): Task<Weighted> => {
  const source = learnedLogZ(logZ)
  return trajectoryTask({
    name: 'trust-pcl',
    mdp,
    prompts: 'apart',
    inputs: (batch, given) => ({ ...batch, referenceLogProb: priorOf(mdp, batch, given), logZ: source.of(given) }),
    loss: trustPCL(options),
    ...withLogZ(source),
    rateScale,
  })
}

/** [rows] rewards less their prompt's mean, by its unbiased standard deviation + 1e-6 (kept rows); 0 where alone. */
export const normalisedRewards = (batch: Weighted): Float32Array => {
  const rewards = terminalReward(batch)
  const kept = [...batch.group.keys()].filter((row) => batch.keep[row] !== 0)
  return rewards.map((reward, row) => {
    if (batch.keep[row] === 0) return NaN
    const others = kept.filter((other) => batch.group[other] === batch.group[row]).map((other) => rewards[other]!)
    const mean = others.reduce((a, b) => a + b, 0) / others.length
    const squares = others.reduce((sum, x) => sum + (x - mean) ** 2, 0)
    return (reward - mean) / (Math.sqrt(squares / Math.max(1, others.length - 1)) + 1e-6)
  })
}

/** The batch with `normalisedRewards` for rewards. */
const normalised = (batch: Weighted): Weighted => {
  const rewards = normalisedRewards(batch)
  const logReward = batch.logReward.map((_, cell) => rewards[Math.floor(cell / batch.width)]!)
  return { ...batch, logReward, rewardTemperature: 1 }
}

/**
 * FlowRL: trajectory balance by the token towards rewards normalised within their prompt, against the frozen model.
 * Completions that the batch knows no log-probability of (replayed from elsewhere) count as the policy's own.
 */
export const flowRLTask = (
  mdp: TokenMDP,
  { logZ = 0, rateScale = 1, ...options }: FlowRLOptions & Anchored = {},
): Task<Weighted> => {
  const source = learnedLogZ(logZ)
  const task = trajectoryTask({
    name: 'flowrl',
    mdp,
    prompts: 'apart',
    inputs: (batch, given) => ({
      ...batch,
      referenceLogProb: priorOf(mdp, batch, given),
      oldLogProb: given.batch['oldLogProb'] as tf.Tensor1D,
      logZ: source.of(given),
    }),
    loss: flowRL(options),
    parameters: source.parameters,
    rateScale,
    pack: (batch) => ({
      ...packTrajectories(batch),
      ...source.pack(batch),
      oldLogProb: hostTensor(Float32Array.from(completionLogProb(batch, 'logPF'))),
    }),
  })
  return {
    ...task,
    pack: (batch) => task.pack(normalised(batch)),
    packParts: (batch, parts) => task.packParts?.(normalised(batch), parts) ?? [],
  }
}
