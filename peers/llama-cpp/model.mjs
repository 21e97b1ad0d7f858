import { LlamaLogLevel, getLlama } from 'node-llama-cpp'

/** llama.cpp on the CPU, with as many threads as a context asks for. */
export const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 0, logLevel: LlamaLogLevel.error })

/** @param {string} path a GGUF file */
export const modelOf = (path) => llama.loadModel({ modelPath: path, gpuLayers: 0 })
