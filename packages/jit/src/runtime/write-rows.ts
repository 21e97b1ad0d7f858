import type { Wire } from './protocol.ts'

/**
 * Copies `source` [rows, …, 1, …] into `target` [rows, …, n, …] at index `at[row]` of `axis`, in place: how a decoding
 * step's new keys and values enter the cache without the cache being rebuilt.
 */
export const writeRows = (target: Wire, source: Wire, axis: number, at: Int32Array): void => {
  const rows = target.shape[0]!
  const n = target.shape[axis]!
  const inner = target.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = target.shape.slice(1, axis).reduce((a, b) => a * b, 1)
  const [to, from] = [target.data, source.data]
  const expected = target.shape.with(axis, 1).join()
  if (axis < 1 || source.shape.join() !== expected)
    throw new RangeError(`an output [${source.shape.join(', ')}] cannot be written into [${target.shape.join(', ')}] along axis ${axis}`)
  for (let row = 0; row < rows; row++) {
    const column = at[row]!
    if (column < 0 || column >= n) throw new RangeError(`row ${row}: index ${column} is outside of [0, ${n})`)
    for (let o = 0; o < outer; o++) {
      const block = row * outer + o
      const begin = (block * n + column) * inner
      const source0 = block * inner
      for (let i = 0; i < inner; i++) to[begin + i] = from[source0 + i]!
    }
  }
}
