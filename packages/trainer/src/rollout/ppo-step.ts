import type { OperatorFunction } from 'rxjs'
import { batchMetrics } from '../batch-metrics.ts'
import type { Metrics, RunEvent } from '../events.ts'
import { type LossStepOptions, learn } from '../loss-step.ts'
import type { Trainer } from '../trainer.ts'
import { type EpochOptions, inEpochs, shuffledRows } from './in-epochs.ts'
import type { Rollout } from './rollout.ts'

/** A task's `val/ratio`, which the train step tells of as `objective/val/ratio`, by TRL's name. */
const asTRL = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name.replace(/^objective\/(?=.*\/)/, ''), value]))

/**
 * The end of a PPO pipeline: several updates from every rollout, and the events that tell of it. Metrics have TRL's
 * names: `objective/kl`, `objective/scores`, `loss/policy_avg`, `loss/value_avg`, `policy/approxkl_avg`, `val/ratio`…
 *
 * @example ppoRollouts(mdp, learner), ppoStep(learner, { epochs: 4, minibatches: 4 })
 */
export const ppoStep = (
  learner: Pick<Trainer<Rollout>, 'update'>,
  { epochs = 4, minibatches = 1, ...options }: EpochOptions & LossStepOptions = {},
): OperatorFunction<Rollout, RunEvent> => {
  const several = inEpochs(learner, shuffledRows, { epochs, minibatches })
  return learn<Rollout>(
    { update: async (rollout) => asTRL(await several.update(rollout)) },
    { ...options, describe: (rollout) => ({ ...batchMetrics(rollout), ...rollout.metrics }) },
  )
}
