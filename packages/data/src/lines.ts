const NEWLINE = 0x0a

/**
 * Splits a stream of bytes at newlines, holding no more than the line in the making and one chunk.
 *
 * Bytes, not text: a character may straddle two chunks. Not node:readline: that also splits at U+2028, which JSON
 * strings may contain, and its iterator loses the stream's errors.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)])
      parts = []
      start = end + 1
      yield line
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}
