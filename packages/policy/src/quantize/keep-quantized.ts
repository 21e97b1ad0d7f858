import { onDisk } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Keep, keepFloats } from '../load-weights.ts'
import { fill } from '../safetensors/read-safetensors.ts'
import type { Quantization } from './quantize-blocks.ts'
import { quantizableModules, quantizedWeight } from './quantize-weights.ts'

/** Matrices of linear layers quantised as they are read, one at a time; other weights in float32. */
export const keepQuantized = (config: DecoderConfig, quantization: Quantization): Keep => {
  const modules = new Map(quantizableModules(config).map((module) => [`${module.name}.weight`, module]))
  // Matrices come one after another: all are read into the same memory.
  let room = new Float32Array(0)
  return async (tensor, stored) => {
    const module = modules.get(tensor)
    if (module === undefined) return keepFloats(tensor, stored)
    const size = module.inputs * module.outputs
    if (room.length < size) room = new Float32Array(size)
    const made = quantizedWeight(module, await fill(room.subarray(0, size), stored), quantization)
    if (E.isLeft(made)) return made
    const parts = Object.entries(made.right).map(async ([name, part]) => [name, await onDisk(part)] as const)
    return E.right(Object.fromEntries(await Promise.all(parts)))
  }
}
