import { type Fault, fault } from '@gfnlm/env'
import { replayBufferFromJSON, replayBufferToJSON } from '@gfnlm/sampler'
import { type CheckpointFault, loadCheckpoint, saveCheckpoint } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Run } from './load-run.ts'

/** Saves all that the run needs to go on: training state, seed, replay buffer, the coefficient of the KL. */
export const saveRun = (
  { config, improvement: { learner, kl }, memory }: Run,
  directory: string,
): TE.TaskEither<CheckpointFault, string> =>
  saveCheckpoint(
    directory,
    learner.layout,
    {
      state: learner.state(),
      seed: config.seed,
      carried: { replay: replayBufferToJSON(memory.current), klCoefficient: kl.current },
    },
    config.checkpoint.keep,
  )

const changed = (message: string, fix: string): Fault => fault('ConfigChanged', message, fix)

/**
 * Puts a run where its newest checkpoint was, and gives the steps made until then: 0 where there is none.
 */
export const resumeRun = (
  { config, improvement: { learner, kl, updates }, memory }: Run,
  directory: string,
): TE.TaskEither<Fault, number> =>
  pipe(
    loadCheckpoint(directory, learner.layout),
    TE.chain((found): TE.TaskEither<Fault, number> => {
      if (found === undefined) return TE.right(0)
      if (found.seed !== config.seed)
        return TE.left(
          changed(
            `the run in ${directory} has seed ${found.seed}, the config has ${config.seed}`,
            'Resume with the seed it began with, or start in a new output directory',
          ),
        )
      const steps = found.state.step / updates
      if (!Number.isInteger(steps))
        return TE.left(
          changed(
            `the run in ${directory} has made ${found.state.step} updates, and the config makes ${updates} a step`,
            'Resume with the objective.epochs and objective.minibatches it began with',
          ),
        )
      return pipe(
        TE.fromEither(replayBufferFromJSON(found.carried['replay'])),
        TE.map((buffer) => {
          const { klCoefficient } = found.carried
          learner.restore(found.state)
          memory.current = buffer
          if (typeof klCoefficient === 'number') kl.current = klCoefficient
          return steps
        }),
      )
    }),
  )
