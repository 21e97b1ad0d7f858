import type { OperatorFunction } from 'rxjs'
import { batchMetrics } from '../batch-metrics.ts'
import type { RunEvent } from '../events.ts'
import { type LossStepOptions, learn } from '../loss-step.ts'
import type { Learner } from '../trainer.ts'
import { type EpochOptions, inEpochs, shuffledRows } from './in-epochs.ts'
import type { Rollout } from './rollout.ts'

/**
 * The end of a PPO pipeline: several updates from every rollout, and the events that tell of it. Metrics have TRL's
 * names: `objective/kl`, `objective/scores`, `loss/policy_avg`, `loss/value_avg`, `policy/approxkl_avg`, `val/ratio`…
 *
 * A step of the run is a rollout, and the state counts updates: a run resumes at `state.step / (epochs · minibatches)`.
 *
 * @example ppoRollouts(mdp, learner), ppoStep(learner, { epochs: 4, minibatches: 4 })
 */
export const ppoStep = (
  learner: Learner<Rollout>,
  { epochs = 4, minibatches = 1, ...options }: EpochOptions & LossStepOptions = {},
): OperatorFunction<Rollout, RunEvent> =>
  learn<Rollout>(inEpochs(learner, shuffledRows, { epochs, minibatches }), {
    ...options,
    describe: (rollout) => ({ ...batchMetrics(rollout), ...rollout.metrics }),
  })
