import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Timed } from './compare.ts'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/**
 * Work in a process of its own, which prints a JSON line about itself once it is warm and then answers every line on
 * its standard input, a number, with the milliseconds of that many runs as a JSON list. Rejects with the last line of
 * what the process said on its standard error when it ends before.
 */
export const served = async (
  name: string,
  steps: number,
  { program, args, env = {}, cwd }: Command,
): Promise<Timed> => {
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${name} ended: ${said.trim().split('\n').at(-1) ?? ''}`)
    return JSON.parse(value)
  }
  const about = (await line()) as Record<string, unknown>
  return {
    name,
    steps,
    about,
    times: async (count) => {
      child.stdin.write(`${count}\n`)
      return (await line()) as number[]
    },
    stop: () => child.stdin.end(),
  }
}
