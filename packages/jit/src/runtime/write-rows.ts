import type { Wire } from './protocol.ts'

type Shaped = Pick<Wire, 'dtype' | 'shape'>

/** From this many elements on, a view and a copy of memory take less time than a loop. */
const LONG = 256

/** Both are of one type here, so that the loop below is compiled for it and not for any. */
const copyFloats = (to: Float32Array, begin: number, from: Float32Array, first: number, count: number): void => {
  for (let i = 0; i < count; i++) to[begin + i] = from[first + i]!
}

/** Throws a RangeError when an output cannot be written where a write says. */
export const mustBeWritable = (target: Shaped, source: Shaped, axis: number, at: Int32Array): void => {
  const n = target.shape[axis]!
  if (axis < 1 || source.dtype !== target.dtype || source.shape.join() !== target.shape.with(axis, 1).join())
    throw new RangeError(
      `an output [${source.shape.join(', ')}] cannot be written into [${target.shape.join(', ')}] along axis ${axis}`,
    )
  for (let row = 0; row < target.shape[0]!; row++)
    if (!(at[row]! >= -1 && at[row]! < n)) throw new RangeError(`row ${row}: index ${at[row]} is outside of [0, ${n})`)
}

/**
 * Copies `source` [rows, …, 1, …] into `target` [rows, …, n, …] at index `at[row]` of `axis`, in place: how a decoding
 * step's new keys and values enter the cache without the cache being rebuilt. A row at −1 is not copied. What is given
 * has been checked by `mustBeWritable`.
 */
export const writeRows = (target: Wire, source: Wire, axis: number, at: Int32Array): void => {
  const rows = target.shape[0]!
  const n = target.shape[axis]!
  const inner = target.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = target.shape.slice(1, axis).reduce((a, b) => a * b, 1)
  const [to, from] = [target.data as Float32Array, source.data as Float32Array]
  for (let row = 0; row < rows; row++) {
    const column = at[row]!
    if (column === -1) continue
    for (let o = 0; o < outer; o++) {
      const block = row * outer + o
      const begin = (block * n + column) * inner
      const first = block * inner
      if (inner <= LONG) copyFloats(to, begin, from, first, inner)
      else to.set(from.subarray(first, first + inner), begin)
    }
  }
}
