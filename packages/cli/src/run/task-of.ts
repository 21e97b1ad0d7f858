import type { TokenMDP, Weighted } from '@gfnlm/env'
import { type Task, modifiedDB, modifiedSubTB, trajectoryBalanceTask, varGrad } from '@gfnlm/trainer'
import type { ObjectiveConfig } from '../config/config.ts'

/** What is learned: the objective of a config on an MDP. */
export const taskOf = (objective: ObjectiveConfig, mdp: TokenMDP): Task<Weighted> => {
  switch (objective.kind) {
    case 'modified-subtb':
      return modifiedSubTB(mdp, { lambda: objective.lambda, weighting: objective.weighting })
    case 'modified-db':
      return modifiedDB(mdp)
    case 'vargrad':
      return varGrad(mdp)
    case 'tb':
      return trajectoryBalanceTask(mdp, { logZ: objective.logZ, rateScale: objective.rateScale })
  }
}
