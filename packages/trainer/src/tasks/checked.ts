import type { Task } from './task.ts'

/** A task that looks at a whole batch before it packs it; `check` throws for one that it cannot learn from. */
export const checked = <Batch>(task: Task<Batch>, check: (batch: Batch) => void): Task<Batch> => {
  const { pack, packParts } = task
  return {
    ...task,
    pack: (batch) => {
      check(batch)
      return pack(batch)
    },
    ...(packParts === undefined
      ? {}
      : {
          packParts: (batch: Batch, parts: number) => {
            check(batch)
            return packParts(batch, parts)
          },
        }),
  }
}
