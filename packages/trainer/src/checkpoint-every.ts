import { type Fault, checkCount } from '@gfnlm/env'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { EMPTY, type MonoTypeOperatorFunction, concat, concatAll, defer, map, of } from 'rxjs'
import type { RunEvent } from './events.ts'

/** Makes a checkpoint, and says so. */
const saved = async (step: number, save: TaskEither<Fault, string>): Promise<RunEvent> => {
  const path = await save()
  if (isLeft(path)) throw path.left
  return { type: 'checkpoint', step, path: path.right }
}

/**
 * Saves a checkpoint after every `every` steps and after the last that was made, and tells of it. The step is passed
 * on first, so that a log has every step of a checkpoint whenever the process is killed; what comes after it waits for
 * the checkpoint. A save that fails is an error of the stream.
 *
 * ```
 * steps   0-----1-----2-----3-----4|
 *         checkpointEvery(2, save)
 *         0-----1---✓-2-----3---✓-4---✓|
 * ```
 *
 * @param save asked when the step comes: what it gives saves the state of then, however many steps are made meanwhile
 * @throws RangeError for an `every` below 1
 */
export const checkpointEvery = (
  every: number,
  save: () => TaskEither<Fault, string>,
): MonoTypeOperatorFunction<RunEvent> => {
  checkCount('checkpointEvery', 'every', every)
  return (events$) =>
    defer(() => {
      let unsaved: number | undefined
      const passed$ = events$.pipe(
        map((event) => {
          if (event.type !== 'step') return of(event)
          unsaved = (event.step + 1) % every === 0 ? undefined : event.step
          if (unsaved !== undefined) return of(event)
          const state = save()
          return concat(
            of(event),
            defer(() => saved(event.step, state)),
          )
        }),
        concatAll(),
      )
      return concat(
        passed$,
        defer(() => (unsaved === undefined ? EMPTY : saved(unsaved, save()))),
      )
    })
}
