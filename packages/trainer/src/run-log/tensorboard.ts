import { hostname } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Metrics, RunEvent, SampleText } from '../events.ts'
import { appendFile } from './append-file.ts'
import { type At, restartRecord, scalarsRecord, textRecord, versionRecord } from './event-file.ts'
import { type LogFault, logFault } from './jsonl.ts'
import type { Sink } from './sink.ts'

const prefixed = (prefix: string, metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, x]) => [`${prefix}/${name}`, x]))

const cell = (text: string): string => text.replace(/[\\|<>*_`]/g, '\\$&').replace(/\s*\n\s*/g, ' ↵ ')

const table = (samples: readonly SampleText[]): string =>
  [
    'prompt | completion | log reward',
    '--- | --- | ---:',
    ...samples.map((s) => `${cell(s.prompt)} | ${cell(s.completion)} | ${s.logReward.toFixed(3)}`),
  ].join('\n')

/** The records of an event: metrics of steps under train/, of evaluations under eval/<name>/ with their samples. */
const recordsOf = (event: RunEvent, at: At): readonly Uint8Array[] => {
  if (event.type === 'step') return [scalarsRecord(at, prefixed('train', event.metrics))]
  if (event.type !== 'eval') return []
  const tag = `eval/${event.name}`
  return [
    scalarsRecord(at, prefixed(tag, event.metrics)),
    ...(event.samples === undefined ? [] : [textRecord(at, `${tag}/samples`, table(event.samples))]),
  ]
}

let opened = 0

/**
 * TensorBoard event files in a folder: `tensorboard --logdir <folder>`; Trackio and W&B import them too.
 *
 * A resumed run adds a file whose first words make readers forget the steps it does again.
 *
 * @param resumeAt the last step that a resumed run does not do again, −1 where it does all
 * @param now milliseconds since 1970
 */
export const tensorboard = (
  folder: string,
  { resumeAt, now = Date.now }: { readonly resumeAt?: number; readonly now?: () => number } = {},
): E.Either<LogFault, Sink> => {
  // Readers take a run's files in the order of their names.
  const id = `${String(Math.floor(now() / 1000)).padStart(10, '0')}.${hostname()}.${process.pid}.${opened++}`
  const path = join(folder, `events.out.tfevents.${id}`)
  return E.tryCatch(() => {
    const file = appendFile(path)
    file.append(versionRecord(now() / 1000))
    if (resumeAt !== undefined) file.append(restartRecord({ wallTime: now() / 1000, step: resumeAt + 1 }))
    return {
      name: path,
      take: (event) => {
        if (!('step' in event)) return
        for (const record of recordsOf(event, { wallTime: now() / 1000, step: event.step })) file.append(record)
      },
      close: file.close,
    }
  }, logFault(path))
}
