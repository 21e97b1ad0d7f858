import type { Fault } from '@gfnlm/env'
import type { RunEvent } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Observable, defer, switchMap } from 'rxjs'
import type { Config } from '../config/config.ts'
import { orThrow } from '../or-throw.ts'
import { type Run, loadRun } from './load-run.ts'
import { freeOutput } from './free-output.ts'
import { resumeRun } from './run-checkpoints.ts'
import { type RunOptions, runEvents } from './run-events.ts'
import { runPaths } from './run-paths.ts'

export interface OpenOptions {
  readonly output: string
  /** Goes on from the newest checkpoint of the output directory; absent: the directory must hold no run. */
  readonly resume?: boolean
}

/** A run ready to go, and the steps it has behind it. */
export const openRun = (
  config: Config,
  { output, resume = false }: OpenOptions,
): TE.TaskEither<Fault, { readonly run: Run; readonly behind: number }> =>
  pipe(
    resume ? TE.right(undefined) : freeOutput(output),
    TE.chain(() => loadRun(config)),
    TE.bindTo('run'),
    TE.bind('behind', ({ run }) => (resume ? resumeRun(run, runPaths(output).checkpoints) : TE.right(0))),
  )

/**
 * A config as a stream of what happens: subscribing trains. Faults of loading and training are error notifications.
 *
 * @example
 * runConfig(config, { output: 'runs/infilling' }).subscribe((event) => console.log(event))
 */
export const runConfig = (config: Config, options: RunOptions & OpenOptions): Observable<RunEvent> =>
  defer(() => orThrow(openRun(config, options))).pipe(switchMap(({ run }) => runEvents(run, options)))
