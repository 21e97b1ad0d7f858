import { type TokenMDP, type Weighted, fault } from '@gfnlm/env'
import {
  type AnchoredTrajectoryInputs,
  type ModifiedDetailedBalanceOptions,
  type ModifiedSubTrajectoryBalanceOptions,
  type Regression,
  contrastiveTrajectoryBalance,
  estimateLogZ,
  logPartitionVariance,
  modifiedDetailedBalance,
  modifiedSubTrajectoryBalance,
  trajectoryBalance,
} from '@gfnlm/losses'
import { compared } from './compared.ts'
import { type LogZSource, learnedLogZ } from './log-z.ts'
import type { Task } from './task.ts'
import { type Trajectory, type TrajectoryObjective, packTrajectories, trajectoryTask } from './trajectory-task.ts'

/** `packTrajectories` of a batch whose reward judged every state that may stop, as the modified objectives need. */
const packPrefixes = (batch: Weighted): ReturnType<typeof packTrajectories> => {
  const { width, mdp } = batch
  batch.keep.forEach((kept, row) => {
    for (let t = mdp.minLength; kept !== 0 && t <= batch.length[row]!; t++)
      if (!Number.isFinite(batch.logReward[row * width + t]!))
        throw fault(
          'RewardNotForPrefixes',
          `step ${batch.step}: row ${row} has no reward for stopping after ${t} tokens, ` +
            'and this objective reads it at every state that may stop',
          'Use a reward of every prefix (likelihood, infillingLikelihood), ' +
            'or an objective of whole completions (varGrad, trajectoryBalanceTask).',
          { row, state: t },
        )
  })
  return packTrajectories(batch)
}

type Modified = TrajectoryObjective<Trajectory & AnchoredTrajectoryInputs>

/** States that may not stop have no flow of their own; the root's is then the batch's estimate of log Z. */
const modified = (mdp: TokenMDP): Pick<Modified, 'mdp' | 'inputs' | 'prompts' | 'pack'> => ({
  mdp,
  inputs: (batch) => (mdp.minLength === 0 ? batch : { ...batch, logZ: estimateLogZ(batch) }),
  prompts: mdp.minLength === 0 ? 'apart' : 'together',
  pack: packPrefixes,
})

/** Modified sub-trajectory balance (needs a reward for every prefix); below the minimum length log Z is estimated. */
export const modifiedSubTB = (
  mdp: TokenMDP,
  options: Omit<ModifiedSubTrajectoryBalanceOptions, 'minLength'> = {},
): Task<Weighted> =>
  trajectoryTask({
    name: 'modified-subtb',
    ...modified(mdp),
    loss: modifiedSubTrajectoryBalance({ ...options, minLength: mdp.minLength }),
  })

/** Modified detailed balance (needs a reward for every prefix). */
export const modifiedDB = (
  mdp: TokenMDP,
  options: Omit<ModifiedDetailedBalanceOptions, 'minLength'> = {},
): Task<Weighted> =>
  trajectoryTask({
    name: 'modified-db',
    ...modified(mdp),
    loss: modifiedDetailedBalance({ ...options, minLength: mdp.minLength }),
  })

export interface TrajectoryBalanceOptions {
  readonly regression?: Regression
  /** A number: the first value of a log Z that all prompts share (default 0); or `logZTable`, `logZHead`. */
  readonly logZ?: number | LogZSource
  /** What multiplies the learning rate for log Z. */
  readonly rateScale?: number
}

/** Trajectory balance with a learned log Z: one number for runs on one prompt, a table or a head for many. */
export const trajectoryBalanceTask = (
  mdp: TokenMDP,
  { regression, logZ = 0, rateScale = 1 }: TrajectoryBalanceOptions = {},
): Task<Weighted> => {
  const source = learnedLogZ(logZ)
  return trajectoryTask({
    name: 'tb',
    mdp,
    prompts: 'apart',
    inputs: (batch, given) => ({ ...batch, logZ: source.of(given) }),
    loss: trajectoryBalance(regression === undefined ? {} : { regression }),
    pack: (batch) => ({ ...packTrajectories(batch), ...source.pack(batch) }),
    parameters: source.parameters,
    rateScale,
  })
}

/** VarGrad: trajectory balance with the log Z of each prompt estimated from its own completions. */
export const varGrad = (mdp: TokenMDP, options: { readonly regression?: Regression } = {}): Task<Weighted> =>
  compared(
    trajectoryTask({
      name: 'vargrad',
      mdp,
      prompts: 'together',
      inputs: (batch) => batch,
      loss: logPartitionVariance(options),
    }),
  )

/** Contrastive trajectory balance: completions of a prompt against each other, without any log Z. */
export const contrastiveTB = (mdp: TokenMDP, options: { readonly regression?: Regression } = {}): Task<Weighted> =>
  compared(
    trajectoryTask({
      name: 'contrastive-tb',
      mdp,
      prompts: 'together',
      inputs: (batch) => batch,
      loss: contrastiveTrajectoryBalance(options),
    }),
  )
