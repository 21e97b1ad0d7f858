import { existsSync } from 'node:fs'
import { type Fault, fault } from '@gfnlm/env'
import { checkpointSteps, readEvents } from '@gfnlm/trainer'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { runPaths } from './run-paths.ts'

const inUse = (output: string, what: string): Fault =>
  fault(
    'OutputInUse',
    `${output} already holds ${what}`,
    'Add --resume to go on with it, or choose another --output: nothing there is overwritten',
    { output },
  )

/** What of a run a directory holds, if anything. */
const heldBy = async (output: string): Promise<string | undefined> => {
  const { checkpoints, adapter, metrics } = runPaths(output)
  const steps = await checkpointSteps(checkpoints)
  if (steps.length > 0) return `a run with a checkpoint after ${steps.at(-1)} updates`
  if (existsSync(adapter)) return 'an adapter'
  return readEvents(metrics).events.some(({ type }) => type === 'step') ? 'the metrics of a run' : undefined
}

/** Whether an output directory is free for a new run: a Left where that would overwrite an earlier one. */
export const freeOutput =
  (output: string): TaskEither<Fault, undefined> =>
  async () => {
    try {
      const held = await heldBy(output)
      return held === undefined ? E.right(undefined) : E.left(inUse(output, held))
    } catch (cause) {
      return E.left(
        fault(
          'OutputUnusable',
          `${output} cannot be the output directory: ${(cause as Error).message}`,
          'Choose a directory that can be written',
          { output },
        ),
      )
    }
  }
