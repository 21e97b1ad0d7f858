import { type Fault, fault } from '@gfnlm/env'
import { replayBufferFromJSON, replayBufferToJSON } from '@gfnlm/sampler'
import { type CheckpointFault, loadCheckpoint, saveCheckpoint } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Run } from './load-run.ts'

/** Saves all that the run needs to go on: training state, seed, replay buffer. */
export const saveRun = ({ config, learner, memory }: Run, directory: string): TE.TaskEither<CheckpointFault, string> =>
  saveCheckpoint(
    directory,
    learner.layout,
    { state: learner.state(), seed: config.seed, carried: { replay: replayBufferToJSON(memory.current) } },
    config.checkpoint.keep,
  )

/**
 * Puts a run where its newest checkpoint was, and gives the updates made until then: 0 where there is none.
 */
export const resumeRun = ({ config, learner, memory }: Run, directory: string): TE.TaskEither<Fault, number> =>
  pipe(
    loadCheckpoint(directory, learner.layout),
    TE.chain((found): TE.TaskEither<Fault, number> => {
      if (found === undefined) return TE.right(0)
      if (found.seed !== config.seed)
        return TE.left(
          fault(
            'ConfigChanged',
            `the run in ${directory} has seed ${found.seed}, the config has ${config.seed}`,
            'Resume with the seed it began with, or start in a new output directory',
          ),
        )
      return pipe(
        TE.fromEither(replayBufferFromJSON(found.carried['replay'])),
        TE.map((buffer) => {
          learner.restore(found.state)
          memory.current = buffer
          return found.state.step
        }),
      )
    }),
  )
