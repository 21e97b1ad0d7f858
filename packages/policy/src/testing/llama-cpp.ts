import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Peer, peerProcess } from './peer-process.ts'

const LLAMA_CPP = fileURLToPath(new URL('../../../../peers/llama-cpp', import.meta.url))

/**
 * Whether `node peers/llama-cpp/install.mjs` has run here. GFNLM_LLAMA_CPP=1 says that it must have: without it,
 * importing this fails.
 */
export const hasLlamaCpp: boolean = existsSync(join(LLAMA_CPP, 'node_modules', 'node-llama-cpp'))
if (!hasLlamaCpp && process.env['GFNLM_LLAMA_CPP'] === '1')
  throw new Error('GFNLM_LLAMA_CPP=1 says that llama.cpp must be there: node peers/llama-cpp/install.mjs')

/** llama.cpp, asked as `peers/llama-cpp/ask.mjs` says. */
export const llamaCpp = (): Peer<number[][]> => peerProcess(process.execPath, 'ask.mjs', LLAMA_CPP)
