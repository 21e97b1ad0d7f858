import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Peer, peerProcess } from './peer-process.ts'

const LLAMA_CPP = fileURLToPath(new URL('../../../../peers/llama-cpp', import.meta.url))

/** Whether `node peers/llama-cpp/install.mjs` has run here. */
export const hasLlamaCpp: boolean = existsSync(join(LLAMA_CPP, 'node_modules', 'node-llama-cpp'))

/** llama.cpp, asked as `peers/llama-cpp/ask.mjs` says. */
export const llamaCpp = (): Peer<number[][]> => peerProcess(process.execPath, 'ask.mjs', LLAMA_CPP)
