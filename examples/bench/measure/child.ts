import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a script of children/ in a process of its own, because what it measures belongs to a process: its memory, its
 * first step. The script prints one JSON value.
 */
export const inChild = <A>(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<A> =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(`../children/${script}.js`, import.meta.url))
    const child = spawn(process.execPath, [path, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(out) as A) : reject(new Error(`${script} ended with ${code}`)),
    )
  })
