import type { TokenMDP, Weighted } from '@gfnlm/env'
import { drGRPO, groupAdvantages } from '@gfnlm/losses'
import { type PretrainedPolicy, valueHead } from '@gfnlm/policy'
import {
  type Task,
  detailedBalanceTask,
  grpoTask,
  modifiedDB,
  modifiedSubTB,
  policyGradientTask,
  reinforceTask,
  rlooTask,
  subTrajectoryBalanceTask,
  trajectoryBalanceTask,
  varGrad,
} from '@gfnlm/trainer'
import type { ObjectiveConfig, PPOConfig } from '../config/config.ts'

/** What is learned from completions as they are: any objective of a config but PPO's, which takes rollouts. */
export const taskOf = (
  objective: Exclude<ObjectiveConfig, PPOConfig>,
  mdp: TokenMDP,
  { config: { hidden } }: Pick<PretrainedPolicy, 'config'>,
  seed: number,
): Task<Weighted> => {
  switch (objective.kind) {
    case 'modified-subtb':
      return modifiedSubTB(mdp, { lambda: objective.lambda, weighting: objective.weighting })
    case 'modified-db':
      return modifiedDB(mdp)
    case 'vargrad':
      return varGrad(mdp)
    case 'tb':
      return trajectoryBalanceTask(mdp, { logZ: objective.logZ, rateScale: objective.rateScale })
    case 'subtb': {
      const { lambda, weighting, rateScale } = objective
      return subTrajectoryBalanceTask(mdp, { head: valueHead(hidden, { seed }), lambda, weighting, rateScale })
    }
    case 'db':
      return detailedBalanceTask(mdp, { head: valueHead(hidden, { seed }), rateScale: objective.rateScale })
    case 'reinforce': {
      const { kind: _, ...options } = objective
      return reinforceTask(mdp, options)
    }
    case 'rloo': {
      const { kind: _, epochs: __, minibatches: ___, ...options } = objective
      return rlooTask(mdp, options)
    }
    case 'grpo': {
      const { kind: _, epochs: __, minibatches: ___, ...options } = objective
      return grpoTask(mdp, options)
    }
    case 'dr-grpo': {
      const { kind: name, epochs: _, minibatches: __, klCoefficient, ...options } = objective
      return policyGradientTask(mdp, {
        name,
        loss: drGRPO({ ...options, maxLength: mdp.maxLength }),
        advantages: (rewards, group) => groupAdvantages(rewards, group, { scale: 'none' }),
        reference: options.beta > 0,
        entropy: options.entropyBonus > 0,
        klCoefficient,
      })
    }
  }
}
