/** Text of tokens that come one by one. */
export interface TextStream {
  /** Takes the next id; the text that is certain now and was not before, perhaps none. */
  readonly push: (id: number) => string
  /** What is left: text that ends within a character. */
  readonly end: () => string
}

/**
 * Turns a decoder of whole sequences into one of streams: all that `push` and `end` return, in a row, is `decode` of all
 * ids, and no piece ends within a character.
 *
 * A few ids are decoded at each push, not all: from the last ones on whose text was complete, because what a decoder
 * does at the start of a text (to strip a space) must happen to text that has been returned already. Text that ends in
 * U+FFFD may end within a character and waits; a character that really is U+FFFD waits with it.
 */
export const textStream = (decode: (ids: readonly number[]) => string): TextStream => {
  let ids: readonly number[] = []
  let returned = 0

  /** The shortest end of the ids that has text of its own, for the next ones to follow. */
  const contextOf = (): readonly number[] => {
    for (let start = ids.length - 1; start > 0; start--) if (decode(ids.slice(start)) !== '') return ids.slice(start)
    return ids
  }

  return {
    push: (id) => {
      ids = [...ids, id]
      const text = decode(ids)
      const certain = text.replace(/\uFFFD+$/, '').length
      const piece = text.slice(returned, certain)
      returned = Math.max(returned, certain)
      if (certain === text.length) {
        ids = contextOf()
        returned = decode(ids).length
      }
      return piece
    },
    end: () => {
      const piece = decode(ids).slice(returned)
      ids = []
      returned = 0
      return piece
    },
  }
}
