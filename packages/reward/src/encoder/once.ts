import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'

/** A task whose success is kept; after a failure the next call tries again. */
export const once = <L, A>(task: TaskEither<L, A>): TaskEither<L, A> => {
  let made: Promise<E.Either<L, A>> | undefined
  return async () => {
    const result = await (made ??= task())
    if (E.isLeft(result)) made = undefined
    return result
  }
}
