import * as E from 'fp-ts/lib/Either.js'
import { type Fault, fault } from '@gfnlm/env'
import { appendFile } from './append-file.ts'
import { readEvents } from './read-events.ts'
import type { Sink } from './sink.ts'

/** The fault of a log that cannot be opened, found before the run begins. */
export type LogFault = Fault<'RunLogUnwritable'>

export const logFault =
  (path: string) =>
  (error: unknown): LogFault =>
    fault(
      'RunLogUnwritable',
      `cannot write ${path}: ${(error as Error).message}`,
      'Choose an output folder that can be written',
      { path },
    )

/**
 * metrics.jsonl: one event a line, on file before the run goes on, so that SIGKILL costs at most a torn last line.
 * NaN and infinities are written as null.
 *
 * @param resumeAt the last step that a resumed run does not do again, −1 where it does all: whole events up to it are
 *   kept, everything later and a torn line are cut off. Absent: the file starts empty.
 */
export const jsonl = (path: string, { resumeAt }: { readonly resumeAt?: number } = {}): E.Either<LogFault, Sink> =>
  E.tryCatch(() => {
    const file = appendFile(path, resumeAt === undefined ? 0 : readEvents(path, resumeAt).bytes)
    return {
      name: path,
      take: (event) => file.append(Buffer.from(JSON.stringify(event) + '\n')),
      close: file.close,
    }
  }, logFault(path))
