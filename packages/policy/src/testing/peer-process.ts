import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Somebody else's program that answers a line of JSON with a line of JSON. */
export interface Peer<Answer> {
  readonly ask: (question: object) => Promise<Answer>
  readonly close: () => void
}

/** It starts when it is asked for the first time, and again where it came to its end. */
export const peerProcess = <Answer>(command: string, script: string, cwd: string): Peer<Answer> => {
  const started = () => {
    const child = spawn(command, [script], { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  }
  let running: ReturnType<typeof started> | undefined
  return {
    ask: async (question) => {
      running ??= started()
      running.child.stdin.write(`${JSON.stringify(question)}\n`)
      const { value, done } = await running.lines.next()
      if (done !== true) return JSON.parse(value) as Answer
      running = undefined
      throw new Error(`${command} ${script} came to its end: see what it wrote`)
    },
    close: () => running?.child.stdin.end(),
  }
}
