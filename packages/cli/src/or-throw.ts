import { isLeft } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'

/** A task's value as a Promise that rejects with its fault: for the outermost edge. */
export const orThrow = async <A>(task: TaskEither<Error, A>): Promise<A> => {
  const result = await task()
  if (isLeft(result)) throw result.left
  return result.right
}
