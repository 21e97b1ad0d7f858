import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { MarkedText, Span } from './marked-text.ts'

/** A conversation as tokens. */
export interface EncodedChat {
  readonly ids: Int32Array
  /** 1 where a token holds something that the assistant says, else 0. */
  readonly assistant: Uint8Array
}

/**
 * Where the texts of tokens lie in the text that was encoded. They are it, but for a space that a tokenizer puts before
 * a part of it, and white space that an added token takes with it; undefined where they differ in anything else.
 */
const placesOf = (text: string, pieces: readonly string[]): readonly Span[] | undefined => {
  const spans: Span[] = []
  let reached = 0
  const endAt = (start: number, piece: string): number | undefined =>
    text.startsWith(piece, start)
      ? start + piece.length
      : piece.startsWith(' ') && text.startsWith(piece.slice(1), start)
        ? start + piece.length - 1
        : undefined
  const blankEnd = (start: number): number => start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0)
  for (const piece of pieces) {
    const past = endAt(reached, piece) === undefined ? blankEnd(reached) : reached
    const end = endAt(past, piece)
    if (end === undefined) return undefined
    spans.push({ start: past, end })
    reached = end
  }
  return blankEnd(reached) === text.length ? spans : undefined
}

/** The same marks on the text in Unicode's composed form, which some tokenizers bring every text to. */
const composed = ({ text, assistant }: MarkedText): MarkedText => {
  const cuts = [0, ...assistant.flatMap(({ start, end }) => [start, end]), text.length]
  const parts = cuts.slice(1).map((cut, i) => text.slice(cuts[i], cut).normalize('NFC'))
  const ends = parts.map((_, i) => parts.slice(0, i + 1).join('').length)
  return { text: parts.join(''), assistant: assistant.map((_, i) => ({ start: ends[2 * i], end: ends[2 * i + 1] })) }
}

const holds = (spans: readonly Span[], { start, end }: Span): boolean =>
  spans.some((span) => start < span.end && (end > span.start || start === span.start))

/**
 * Tokens of a conversation and which of them the assistant says: those with at least a character in its spans, as
 * transformers' `return_assistant_tokens_mask` counts them.
 *
 * @param marked what `ChatTemplate.mark` gives; its special tokens are in the text, so none are added
 * @returns or a fault (TemplateUnmarked) where the tokenizer changes the text so that its tokens cannot be placed in it
 */
export const encodeChat = (
  { encode, stream }: Pick<Tokenizer, 'encode' | 'stream'>,
  marked: MarkedText,
): Either<PolicyFault, EncodedChat> => {
  const ids = encode(marked.text, { special: false })
  const decoder = stream({ skipSpecial: false })
  const pieces = [...Array.from(ids, (id) => decoder.push(id)), decoder.end()]
  for (const { text, assistant } of [marked, composed(marked)]) {
    const places = placesOf(text, pieces)
    if (places !== undefined)
      return right({ ids, assistant: Uint8Array.from(ids, (_, i) => Number(holds(assistant, places[i]))) })
  }
  return left(
    policyFault(
      'TemplateUnmarked',
      'the tokenizer changes the text of the conversation, so that its tokens cannot be placed in it',
      'Write the messages as the tokenizer decodes them (case, white space, marks of its own), or leave the row out',
    ),
  )
}
