import { setImmediate } from 'node:timers/promises'

/**
 * Something to ask in a long loop: gives a promise, to be awaited, when the caller has kept the event loop for more
 * than `ms` milliseconds, and nothing before. What else the process does gets its turn then.
 */
export const breather = (ms: number = 4): (() => Promise<void> | undefined) => {
  let since = performance.now()
  return () => {
    if (performance.now() - since < ms) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
