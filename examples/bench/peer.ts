import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Gpt2Shape } from './gpt2-shape.ts'

/** The same work in PyTorch, in a process that waits until it is asked for steps. */
export interface Peer {
  /** Milliseconds of each of `count` steps. */
  readonly times: (count: number) => Promise<readonly number[]>
  readonly stop: () => void
}

/** From dist/bench/ to bench/peers/. */
const scriptPath = (name: string): string => fileURLToPath(new URL(`../../bench/peers/${name}.py`, import.meta.url))

/** A Python that can import torch: $PYTHON where it is set, else the system's or the first on the path. */
export const pythonWithTorch = (given: string | undefined = process.env['PYTHON']): string | undefined =>
  (given === undefined ? ['/usr/bin/python3', 'python3'] : [given]).find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  )

/** Starts a peer's script and waits until it is warm; an error tells what the script said. */
export const startPeer = async (python: string, script: string, shape: Gpt2Shape): Promise<Peer> => {
  const sizes = Object.fromEntries(Object.entries(shape).map(([name, value]) => [name, String(value)]))
  const child = spawn(python, [scriptPath(script), '--serve'], {
    env: { ...process.env, ...sizes, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${script}.py ended: ${said.trim().split('\n').at(-1) ?? ''}`)
    return value
  }
  await line()
  return {
    times: async (count) => {
      child.stdin.write(`${count}\n`)
      return JSON.parse(await line()) as number[]
    },
    stop: () => child.stdin.end(),
  }
}
