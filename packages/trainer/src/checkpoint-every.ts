import type { Fault } from '@gfnlm/env'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type MonoTypeOperatorFunction, concatMap, from, mergeAll } from 'rxjs'
import type { RunEvent } from './events.ts'

/**
 * Saves a checkpoint after every `every` steps (and after step `last`), before the step is passed on, and tells of it.
 * A save that fails is an error of the stream.
 *
 * ```
 * steps   0-----1-------2-----3-------|
 *         checkpointEvery(2, 4, save)
 *         0-------(1 ✓)-2-------(3 ✓)-|
 * ```
 */
export const checkpointEvery = (
  every: number,
  last: number,
  save: () => TaskEither<Fault, string>,
): MonoTypeOperatorFunction<RunEvent> => {
  const saved = async (event: RunEvent & { readonly step: number }): Promise<readonly RunEvent[]> => {
    const path = await save()()
    if (isLeft(path)) throw path.left
    return [event, { type: 'checkpoint', step: event.step, path: path.right }]
  }
  return concatMap((event) =>
    event.type === 'step' && ((event.step + 1) % every === 0 || event.step + 1 === last)
      ? from(saved(event)).pipe(mergeAll())
      : [event],
  )
}
