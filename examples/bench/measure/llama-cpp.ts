import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PretrainedPolicy, writeGguf } from '@gfnlm/policy'
import type { Source } from './compare.ts'
import { served } from './served.ts'
import { temporaryDirectory } from './temporary.ts'

/** From examples/dist/bench/measure/ to peers/llama-cpp/. */
const FOLDER = fileURLToPath(new URL('../../../../peers/llama-cpp', import.meta.url))

/** What llama.cpp is asked to do; it chooses the fastest of the threads and batches. */
export type LlamaCppWork =
  | { readonly work: 'decode'; readonly rows: number; readonly cached: number }
  | {
      readonly work: 'sampling'
      readonly completions: number
      readonly tokens: number
      readonly bos: number
      readonly batches: readonly number[]
    }

/** A policy's frozen model as an fp32 GGUF file, gone when this process ends. */
export const ggufOf = async (policy: PretrainedPolicy): Promise<string> => {
  const path = join(temporaryDirectory(), 'model.gguf')
  const written = await writeGguf(policy, null, path, { input: 'ids' })()
  if (written._tag === 'Left') throw written.left
  return path
}

/** llama.cpp at some work on a GGUF file; installed in its folder the first time. */
export const llamaCpp = async (name: string, model: string, work: LlamaCppWork, steps: number): Promise<Source> => {
  const { status } = spawnSync(process.execPath, ['install.mjs'], { cwd: FOLDER, stdio: ['ignore', 2, 2] })
  if (status !== 0) return { name, absent: 'not installed: node peers/llama-cpp/install.mjs' }
  const args = ['serve.mjs', JSON.stringify({ ...work, model })]
  return served(name, steps, { program: process.execPath, args, cwd: FOLDER }).catch((error: Error) => ({
    name,
    absent: error.message,
  }))
}
