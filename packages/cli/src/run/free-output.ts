import { existsSync } from 'node:fs'
import { type Fault, fault } from '@gfnlm/env'
import { checkpointSteps, readEvents } from '@gfnlm/trainer'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { runPaths } from './run-paths.ts'

const inUse = (output: string, what: string): Fault =>
  fault('OutputInUse', `${output} already holds ${what}`, 'Add --resume to go on with it, or choose another --output: nothing there is overwritten', { output })

/** Whether an output directory is free for a new run: a Left where that would overwrite an earlier one. */
export const freeOutput = (output: string): TE.TaskEither<Fault, undefined> => async () => {
  const { checkpoints, adapter, metrics } = runPaths(output)
  const steps = await checkpointSteps(checkpoints)
  const found = steps.length > 0 ? `a run with a checkpoint after step ${steps.at(-1)}`
    : existsSync(adapter) ? 'an adapter'
    : readEvents(metrics).events.some(({ type }) => type === 'step') ? 'the metrics of a run'
    : undefined
  return found === undefined ? TE.right<Fault, undefined>(undefined)() : TE.left<Fault, undefined>(inUse(output, found))()
}
