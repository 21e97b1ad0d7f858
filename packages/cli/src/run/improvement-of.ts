import type { TokenMDP, Weighted } from '@gfnlm/env'
import { adaptiveKL, clippedValueLoss, fixedKL, selfNormalised, weightedSum } from '@gfnlm/losses'
import { type PretrainedPolicy, valueHead } from '@gfnlm/policy'
import {
  type KLCell,
  type LossStepOptions,
  type RunEvent,
  type Task,
  type Trainer,
  adamw,
  inEpochs,
  lossStep,
  ppo,
  ppoRollouts,
  ppoStep,
  referenceLogProbs,
  shuffledPrompts,
  trainer,
} from '@gfnlm/trainer'
import { type OperatorFunction, identity, pipe } from 'rxjs'
import type { Config, ObjectiveConfig, PPOConfig } from '../config/config.ts'
import { defined } from '../defined.ts'
import { learningRateOf } from './schedule-of.ts'
import { taskOf } from './task-of.ts'

/** What learns in a run, whatever it learns from. */
export type RunLearner = Pick<Trainer<never>, 'policy' | 'trainable' | 'own' | 'layout' | 'state' | 'restore'>

/** A learner, and how judged completions become its updates. */
export interface Improvement {
  readonly learner: RunLearner
  readonly improve: (options: LossStepOptions) => OperatorFunction<Weighted, RunEvent>
  /** Updates a step. */
  readonly updates: number
  /** What a nat of divergence costs in PPO's rewards; carried by checkpoints. */
  readonly kl: KLCell
}

/** A learning rate follows the steps of the run, however many updates each has. */
const trainerOf = <Batch>(config: Config, policy: PretrainedPolicy, task: Task<Batch>, updates: number) => {
  const { weightDecay, beta1, beta2, clipNorm, accumulate } = config.optimizer
  const rateAt = learningRateOf(config)
  return trainer(policy, {
    task,
    optimizer: adamw({ weightDecay, beta1, beta2 }),
    learningRate: (update) => rateAt(Math.floor(update / updates)),
    reducer: config.reweight.reduction === 'self-normalised' ? selfNormalised : weightedSum,
    device: config.device,
    accumulate,
    ...defined({ clipNorm }),
  })
}

const byPPO = (config: Config, objective: PPOConfig, policy: PretrainedPolicy, mdp: TokenMDP): Improvement => {
  const { kind: _, epochs, minibatches, klCoefficient, adaptive, gamma, lambda, clipRange, ...options } = objective
  const head = valueHead(policy.config.hidden, { seed: config.seed })
  const task = ppo(mdp, { ...options, head, valueLoss: clippedValueLoss({ clipRange }) })
  const updates = epochs * minibatches
  const learner = trainerOf(config, policy, task, updates)
  const kl: KLCell = { current: klCoefficient }
  const control = adaptive === undefined ? fixedKL : adaptiveKL(adaptive)
  const { device } = config
  return {
    learner,
    kl,
    updates,
    improve: (told) =>
      pipe(
        ppoRollouts(mdp, learner, { klCoefficient: kl, control, gamma, lambda, device }),
        ppoStep(learner, { ...told, epochs, minibatches }),
      ),
  }
}

const byTask = (
  config: Config,
  objective: Exclude<ObjectiveConfig, PPOConfig>,
  policy: PretrainedPolicy,
  mdp: TokenMDP,
): Improvement => {
  const { epochs, minibatches } = 'epochs' in objective ? objective : { epochs: 1, minibatches: 1 }
  const updates = epochs * minibatches
  const learner = trainerOf(config, policy, taskOf(objective, mdp, policy, config.seed), updates)
  const referred = 'klCoefficient' in objective && objective.klCoefficient > 0
  return {
    learner,
    kl: { current: 0 },
    updates,
    improve: (told) =>
      pipe(
        referred ? referenceLogProbs<Weighted>(mdp, learner, { device: config.device }) : identity,
        lossStep(updates === 1 ? learner : inEpochs(learner, shuffledPrompts, { epochs, minibatches }), told),
      ),
  }
}

/** What a config's objective makes of a policy. */
export const improvementOf = (config: Config, policy: PretrainedPolicy, mdp: TokenMDP): Improvement =>
  config.objective.kind === 'ppo'
    ? byPPO(config, config.objective, policy, mdp)
    : byTask(config, config.objective, policy, mdp)
