import { checkCount } from '@gfnlm/env'

/** Token sequences laid one after another in a row, and where each ends. */
export interface PackedSequences {
  readonly tokens: Int32Array
  /** Tokens of each sequence, in order; they add up to the row. */
  readonly lengths: readonly number[]
}

const joined = (sequences: readonly Int32Array[]): PackedSequences => {
  const tokens = new Int32Array(sequences.reduce((sum, { length }) => sum + length, 0))
  sequences.reduce((at, sequence) => (tokens.set(sequence, at), at + sequence.length), 0)
  return { tokens, lengths: sequences.map((sequence) => sequence.length) }
}

/** Sequences of `length` tokens at most, each put whole into the row that it leaves the least room in. */
const bestFit = (pieces: readonly Int32Array[], length: number): PackedSequences[] => {
  const rows: Int32Array[][] = []
  // Rows by the room that they have left, the one that has had it longest first.
  const byRoom = Array.from({ length: length + 1 }, (): number[] => [])
  const longestFirst = pieces.filter((piece) => piece.length > 0).toSorted((a, b) => b.length - a.length)
  for (const piece of longestFirst) {
    let room = piece.length
    while (room < length && byRoom[room]!.length === 0) room++
    const row = byRoom[room]!.shift() ?? rows.push([]) - 1
    rows[row]!.push(piece)
    byRoom[room - piece.length]!.push(row)
  }
  return rows.map(joined)
}

/**
 * Packs sequences into rows of `length` tokens at most by best-fit decreasing: the longest first, each into the row
 * that it leaves the least room in. No sequence is split; one that is too long is cut at the end. Empty ones go.
 *
 * @throws RangeError for a length below 1
 * @see Ding et al. 2024, arXiv:2404.10830; TRL `packing_strategy="bfd"`
 * @example packBestFit([Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6, 7), Int32Array.of(8)], 4)
 * // rows 4 5 6 7 and 1 2 3 8
 */
export const packBestFit = (sequences: readonly Int32Array[], length: number): PackedSequences[] => {
  checkCount('packBestFit', 'length', length)
  return bestFit(
    sequences.map((sequence) => sequence.subarray(0, length)),
    length,
  )
}

/**
 * `packBestFit` that loses nothing: a sequence that is too long is split into pieces of `length` and a rest, which are
 * packed like sequences.
 *
 * @throws RangeError for a length below 1
 * @see TRL `packing_strategy="bfd_split"`
 */
export const packBestFitSplit = (sequences: readonly Int32Array[], length: number): PackedSequences[] => {
  checkCount('packBestFitSplit', 'length', length)
  const pieces = sequences.flatMap((sequence) =>
    Array.from({ length: Math.ceil(sequence.length / length) }, (_, i) =>
      sequence.subarray(i * length, (i + 1) * length),
    ),
  )
  return bestFit(pieces, length)
}

/**
 * Packs sequences into rows of exactly `length` tokens (the last may be shorter) in the order in which they come,
 * split wherever a row is full.
 *
 * @throws RangeError for a length below 1
 * @see TRL `packing_strategy="wrapped"`
 */
export const packWrapped = (sequences: readonly Int32Array[], length: number): PackedSequences[] => {
  checkCount('packWrapped', 'length', length)
  const rows: Int32Array[][] = []
  let room = 0
  for (const sequence of sequences)
    for (let at = 0; at < sequence.length;) {
      if (room === 0) {
        rows.push([])
        room = length
      }
      const piece = sequence.subarray(at, at + room)
      rows.at(-1)!.push(piece)
      at += piece.length
      room -= piece.length
    }
  return rows.map(joined)
}
