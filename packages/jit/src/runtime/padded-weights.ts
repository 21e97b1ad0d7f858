import { type Elements, type HostTensor, hostTensor, piecesOf, sizeOf } from '../host-tensor.ts'
import { type PaddedArray, type PaddedGraph, withArrays } from '../onnx/row-padding/pad-rows.ts'
import type { Graph, Value } from '../trace/graph.ts'
import { piecesOnDisk } from './scratch.ts'

/** Numbers in memory at a time while an array is padded. */
const PIECE = 1 << 20

/**
 * A matrix (or a row) with zeros after its columns and after its rows, some rows at a time, in the same memory: it is
 * read before the next are asked for.
 */
function* padded({ from, shape }: PaddedArray): Generator<Elements> {
  const [columns, wide] = [from.shape.at(-1)!, shape.at(-1)!]
  const rows = sizeOf(from.shape) / columns
  const together = Math.max(1, Math.floor(PIECE / wide))
  const out = columns === wide ? undefined : new Float32Array(Math.min(rows, together) * wide)
  for (const piece of piecesOf(from, together * columns)) {
    const count = piece.length / columns
    for (let row = 0; out !== undefined && row < count; row++)
      out.set(piece.subarray(row * columns, (row + 1) * columns), row * wide)
    yield out?.subarray(0, count * wide) ?? piece
  }
  const below = sizeOf(shape) / wide - rows
  if (below > 0) yield new Float32Array(below * wide)
}

const inMemory = (array: PaddedArray): HostTensor => {
  const data = new Float32Array(sizeOf(array.shape))
  let at = 0
  for (const piece of padded(array)) {
    data.set(piece, at)
    at += piece.length
  }
  return hostTensor(data, array.shape)
}

// An array that is in a file is padded once, whoever asks: graphs of other shapes read the same pages.
const onDisk = new Map<string, Promise<HostTensor>>()

const asPieces = async function* (array: PaddedArray): AsyncGenerator<Elements> {
  yield* padded(array)
}

const paddedArray = (array: PaddedArray): Promise<HostTensor> => {
  const { file } = array.from
  if (file === undefined) return Promise.resolve(inMemory(array))
  const key = [file.path, file.offset, file.stamp, array.shape].join()
  const found = onDisk.get(key) ?? piecesOnDisk(asPieces(array), 'float32', array.shape)
  onDisk.set(key, found)
  found.catch(() => onDisk.delete(key))
  return found
}

/** A graph with the longer arrays that it asks for: those of arrays on disk lie on disk, in a temporary file. */
export const withPaddedWeights = async ({ graph, arrays }: PaddedGraph): Promise<Graph> => {
  const made = new Map<Value, HostTensor>()
  for (const [value, array] of arrays) made.set(value, await paddedArray(array))
  return withArrays(graph, made)
}
