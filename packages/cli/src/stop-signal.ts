/** A promise-free view of Ctrl-C: the first asks for an end, the second ends at once. */
export interface StopSignal {
  readonly signal: AbortSignal
  /** The exit code of the signal that came (128 + its number); undefined where none has. */
  readonly exitCode: () => number | undefined
  /** Stops listening. */
  readonly release: () => void
}

const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Listens for SIGINT and SIGTERM. */
export const stopSignal = (say: (text: string) => void): StopSignal => {
  const controller = new AbortController()
  let code: number | undefined
  const listen = (name: keyof typeof CODES) => (): void => {
    if (code !== undefined) process.exit(CODES[name])
    code = CODES[name]
    say('\nfinishing the step and writing a checkpoint; once more to stop at once')
    controller.abort()
  }
  const listeners = { SIGINT: listen('SIGINT'), SIGTERM: listen('SIGTERM') }
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener)
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener)
    },
  }
}
