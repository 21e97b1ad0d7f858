import type { Wire } from './protocol.ts'

/**
 * Copies pieces of rows of `source` [rows, …, n, …] to the beginning of rows of `target` [rows', …, n', …], in place;
 * n is the size of `axis`, and every other axis but the first has the same size in both.
 *
 * @param pieces [pieces, 4] row of the source, row of the target, first index of `axis` that is copied, how many are
 */
export const copyRows = (target: Wire, source: Wire, axis: number, pieces: Int32Array): void => {
  const [sourceRows, targetRows] = [source.shape[0]!, target.shape[0]!]
  const [n, room] = [source.shape[axis]!, target.shape[axis]!]
  if (
    axis < 1 ||
    source.dtype !== target.dtype ||
    source.shape.with(axis, room).with(0, targetRows).join() !== target.shape.join()
  )
    throw new RangeError(
      `pieces of [${source.shape.join(', ')}] cannot be copied into [${target.shape.join(', ')}] along axis ${axis}`,
    )
  const inner = target.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = target.shape.slice(1, axis).reduce((a, b) => a * b, 1)
  for (let p = 0; p < pieces.length; p += 4) {
    const [from, to, first, count] = pieces.subarray(p, p + 4) as unknown as [number, number, number, number]
    if (!(
      from >= 0 &&
      from < sourceRows &&
      to >= 0 &&
      to < targetRows &&
      first >= 0 &&
      count >= 0 &&
      first + count <= n &&
      count <= room
    ))
      throw new RangeError(
        `${count} from ${first} on of row ${from} of [${source.shape.join(', ')}] do not go into row ${to} of [${target.shape.join(', ')}]`,
      )
    for (let o = 0; o < outer; o++) {
      const begin = ((from * outer + o) * n + first) * inner
      target.data.set(source.data.subarray(begin, begin + count * inner), (to * outer + o) * room * inner)
    }
  }
}
