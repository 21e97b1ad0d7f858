import { resolve } from 'node:path'
import type { Fault } from '@gfnlm/env'
import { writeJson } from '@gfnlm/policy'
import {
  type Metrics,
  type RunEvent,
  type Sink,
  type Terminal,
  jsonl,
  progressLine,
  readEvents,
  record,
  reportFile,
  runReport,
  tensorboard,
} from '@gfnlm/trainer'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Observable, lastValueFrom, reduce } from 'rxjs'
import { type TrainConfig, isDatasetConfig } from '../config/dataset-config.ts'
import { datasetEvents, openDatasetRun } from '../dataset/dataset-run.ts'
import { orThrow } from '../or-throw.ts'
import { changedFields } from './changed-fields.ts'
import { type OpenOptions, openRun } from './run-config.ts'
import { type RunOptions, runEvents } from './run-events.ts'
import { runFault } from './run-fault.ts'
import { runPaths } from './run-paths.ts'

export interface TrainOptions {
  readonly output: string
  readonly resume: boolean
  readonly signal: AbortSignal
  /** Where a person watches. */
  readonly terminal: Terminal
}

/** How a run ended: its last figures, and where everything is. */
export interface TrainResult {
  readonly reason: 'done' | 'stopped' | 'failed'
  readonly steps: number
  readonly seed: number
  readonly seconds: number
  /** Of the last step. */
  readonly metrics: Metrics
  /** Evaluations before the first step and after the last, where they were made. */
  readonly before?: Metrics
  readonly after?: Metrics
  readonly output: string
  readonly adapter?: string
  readonly report: string
}

/**
 * Files and the terminal that take a run's events.
 *
 * @param behind steps that a resumed run has behind it
 */
const sinksOf = (output: string, behind: number, terminal: Terminal): E.Either<Fault, readonly Sink[]> => {
  const { metrics, report } = runPaths(output)
  // Also at the beginning: a run killed before its first checkpoint has left its events.
  const at = { resumeAt: behind - 1 }
  const earlier = behind > 0 ? readEvents(metrics, behind - 1).events : []
  return pipe(
    E.Do,
    E.bind('log', () => jsonl(metrics, at)),
    E.bind('board', () => tensorboard(output, at)),
    E.map(({ log, board }) => [log, board, reportFile(report, runReport, earlier), progressLine(terminal)]),
  )
}

const evaluationAt = (events: readonly RunEvent[], step: number): Metrics | undefined =>
  events.flatMap((event) => (event.type === 'eval' && event.step === step ? [event.metrics] : [])).at(-1)

const resultOf = (events: readonly RunEvent[], config: TrainConfig, output: string, started: number): TrainResult => {
  const { report, adapter } = runPaths(output)
  const end = events.flatMap((event) => (event.type === 'run/end' ? [event] : [])).at(-1)!
  const before = evaluationAt(events, 0)
  const after = evaluationAt(events, config.steps)
  return {
    reason: end.reason,
    steps: end.step,
    seed: config.seed,
    seconds: (Date.now() - started) / 1000,
    metrics: events.flatMap((event) => (event.type === 'step' ? [event.metrics] : [])).at(-1) ?? {},
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    output: resolve(output),
    ...(end.reason === 'done' ? { adapter: resolve(adapter) } : {}),
    report: resolve(report),
  }
}

interface Opened {
  readonly behind: number
  readonly events: (options: RunOptions) => Observable<RunEvent>
}

/** A run of either kind, ready to go. */
const opened = (config: TrainConfig, options: OpenOptions): TE.TaskEither<Fault, Opened> =>
  isDatasetConfig(config)
    ? pipe(
        openDatasetRun(config, options),
        TE.map(({ run, behind }) => ({ behind, events: (to) => datasetEvents(run, to) })),
      )
    : pipe(
        openRun(config, options),
        TE.map(({ run, behind }) => ({ behind, events: (to) => runEvents(run, to) })),
      )

/** Trains as a config says, with everything written to `output`; see `runEvents` and `datasetEvents` for the order. */
export const train = (
  config: TrainConfig,
  { output, resume, signal, terminal }: TrainOptions,
): TE.TaskEither<Fault, TrainResult> =>
  TE.tryCatch(async () => {
    const started = Date.now()
    const { events, behind } = await orThrow(opened(config, { output, resume }))
    const changed = behind > 0 ? changedFields(runPaths(output).config, config) : []
    if (resume)
      terminal.write(
        behind > 0 ? `resuming after ${behind} steps\n` : `${output} has no checkpoint: starting from the beginning\n`,
      )
    if (changed.length > 0) terminal.write(`warning: changed since this run began: ${changed.join(', ')}\n`)
    const paths = runPaths(output)
    const earlier = behind > 0 ? readEvents(paths.metrics, behind - 1).events : []
    const sinks = await orThrow(TE.fromEither(sinksOf(output, behind, terminal)))
    await orThrow(writeJson(paths.config, { ...config, output: resolve(output) }))
    const events$ = events({ output, signal }).pipe(
      record(sinks),
      reduce((all, event) => (all.push(event), all), [...earlier]),
    )
    return resultOf(await lastValueFrom(events$), config, output, started)
  }, runFault)
