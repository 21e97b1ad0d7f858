import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LLAMA_CPP = fileURLToPath(new URL('../../../../peers/llama-cpp', import.meta.url))

/** Whether `node peers/llama-cpp/install.mjs` has run here. */
export const hasLlamaCpp: boolean = existsSync(join(LLAMA_CPP, 'node_modules', 'node-llama-cpp'))

export interface LlamaCpp {
  /** The answer to a question as `peers/llama-cpp/ask.mjs` takes it. */
  readonly ask: (question: object) => Promise<number[][]>
  readonly close: () => void
}

/** llama.cpp in a process of its own that answers a line with a line; another one where it came to its end. */
export const llamaCpp = (): LlamaCpp => {
  const started = () => {
    const child = spawn(process.execPath, ['ask.mjs'], { cwd: LLAMA_CPP, stdio: ['pipe', 'pipe', 'inherit'] })
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  }
  let running: ReturnType<typeof started> | undefined
  return {
    ask: async (question) => {
      running ??= started()
      running.child.stdin.write(`${JSON.stringify(question)}\n`)
      const { value, done } = await running.lines.next()
      if (done !== true) return JSON.parse(value) as number[][]
      running = undefined
      throw new Error('llama.cpp came to its end: see what it wrote')
    },
    close: () => running?.child.stdin.end(),
  }
}
