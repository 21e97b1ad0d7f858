import type { Terminal } from '@gfnlm/trainer'

/** Ctrl-C while a run is on: the first asks for an end, the second ends at once. */
export interface StopSignal {
  readonly signal: AbortSignal
  /** The exit code of the signal that came (128 + its number); undefined where none has. */
  readonly exitCode: () => number | undefined
  /** Stops listening. */
  readonly release: () => void
}

/** npm and the terminal both pass a Ctrl-C on, so that one keystroke may come twice: nothing within this many ms is a second. */
const SAME_KEYSTROKE = 500

const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Listens for SIGINT and SIGTERM. */
export const stopSignal = (terminal: Terminal): StopSignal => {
  const controller = new AbortController()
  let code: number | undefined
  let since = 0
  const listen = (name: keyof typeof CODES) => (): void => {
    if (code !== undefined && performance.now() - since > SAME_KEYSTROKE) process.exit(CODES[name])
    if (code !== undefined) return
    since = performance.now()
    code = CODES[name]
    terminal.write('\nfinishing the step and writing a checkpoint; once more to stop at once\n')
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
