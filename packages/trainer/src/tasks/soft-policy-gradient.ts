import type { TokenMDP, Weighted } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import {
  type EntropicPPOOptions,
  type Sharing,
  actionsOf,
  detach,
  entropicPPO,
  estimatedValues,
  softAdvantages,
  softPolicyGradient,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { Task } from './task.ts'
import { packTrajectories, trajectoryTask } from './trajectory-task.ts'

/**
 * Soft policy gradient: for batches of the policy's own completions, each used once, at least two a prompt. States have
 * the values that the batch says they have (`estimatedValues`).
 *
 * @param options.lambda default 1, where it is half of `varGrad`
 */
export const softPG = (
  mdp: TokenMDP,
  options: { readonly lambda?: number; readonly sharing?: Sharing } = {},
): Task<Weighted> =>
  trajectoryTask({
    name: 'soft-pg',
    mdp,
    prompts: 'together',
    inputs: (batch) => ({ ...batch, values: estimatedValues(batch) }),
    loss: softPolicyGradient(options),
  })

/**
 * Entropic PPO with the soft advantages of the policy that drew the batch, as the batch's `logPF` has it; where that is
 * not known the policy as it is now stands in. At least two completions a prompt, as `softPG`.
 *
 * @param options.lambda λ of the advantages, default 0.7
 */
export const entropicPPOTask = (
  mdp: TokenMDP,
  { lambda = 0.7, ...options }: EntropicPPOOptions & { readonly lambda?: number } = {},
): Task<Weighted> => {
  const [loss, advantages] = [entropicPPO(options), softAdvantages({ lambda })]
  return trajectoryTask({
    name: 'entropic-ppo',
    mdp,
    prompts: 'together',
    inputs: (batch, given) => ({ ...batch, oldLogProb: given.batch['oldLogProb'] as tf.Tensor2D }),
    loss: ({ oldLogProb, ...batch }) => {
      const now = actionsOf(batch)
      const drawn = tf.where(tf.isNaN(oldLogProb), detach(now.logProb), oldLogProb)
      // The action of column t is a token before the end and the terminator there: one column serves as both.
      const then = { ...batch, logPF: drawn, logPTerm: drawn }
      return loss({ ...now, oldLogProb: drawn, advantage: advantages({ ...then, values: estimatedValues(then) }) })
    },
    pack: (batch) => ({ ...packTrajectories(batch), oldLogProb: hostTensor(batch.logPF, [batch.rows, batch.width]) }),
  })
}
