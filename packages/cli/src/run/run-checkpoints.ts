import { type Fault, fault } from '@gfnlm/env'
import { replayBufferFromJSON, replayBufferToJSON } from '@gfnlm/sampler'
import { type CheckpointFault, loadCheckpoint, saveCheckpoint } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunLearner } from './improvement-of.ts'
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

/** What a learner's newest checkpoint says, and the steps made until then. */
export interface Restored {
  readonly steps: number
  readonly carried: Readonly<Record<string, unknown>>
}

/** Puts a learner where its newest checkpoint was; undefined where there is none. */
export const restored = (
  learner: Pick<RunLearner, 'layout' | 'restore'>,
  { seed, updates }: { readonly seed: number; readonly updates: number },
  directory: string,
): TE.TaskEither<Fault, Restored | undefined> =>
  pipe(
    loadCheckpoint(directory, learner.layout),
    TE.chain((found): TE.TaskEither<Fault, Restored | undefined> => {
      if (found === undefined) return TE.right(undefined)
      if (found.seed !== seed)
        return TE.left(
          changed(
            `the run in ${directory} has seed ${found.seed}, the config has ${seed}`,
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
      learner.restore(found.state)
      return TE.right({ steps, carried: found.carried })
    }),
  )

/**
 * Puts a run where its newest checkpoint was, and gives the steps made until then: 0 where there is none.
 */
export const resumeRun = (
  { config: { seed }, improvement: { learner, kl, updates }, memory }: Run,
  directory: string,
): TE.TaskEither<Fault, number> =>
  pipe(
    restored(learner, { seed, updates }, directory),
    TE.chain((found): TE.TaskEither<Fault, number> => {
      if (found === undefined) return TE.right(0)
      const { steps, carried } = found
      return pipe(
        TE.fromEither(replayBufferFromJSON(carried['replay'])),
        TE.map((buffer) => {
          const { klCoefficient } = carried
          memory.current = buffer
          if (typeof klCoefficient === 'number') kl.current = klCoefficient
          return steps
        }),
      )
    }),
  )
