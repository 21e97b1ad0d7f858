import { type Either, chain, left, right } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'

/** Characters `start` to `end` (exclusive) of a text, UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A conversation as text, with the parts that the assistant says and a model is to learn. */
export interface MarkedText {
  readonly text: string
  /** In order, apart from each other. */
  readonly assistant: readonly Span[]
}

export const unmarked = (why: string): Either<PolicyFault, never> =>
  left(
    policyFault(
      'TemplateUnmarked',
      `what the assistant says cannot be told from the rest: ${why}`,
      'Use a template that puts {% generation %} … {% endgeneration %} around it, so that its text does not change',
    ),
  )

/** Noncharacters: Unicode keeps them out of text that is exchanged. */
const NONCHARACTERS: readonly string[] = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i))

/**
 * The spans of generation blocks: the text is rendered again with marks around them. That it is the same text without
 * the marks shows that they changed nothing, so that they are where the blocks are.
 */
export const taggedSpans = (
  text: string,
  renderMarked: (marks: readonly [string, string]) => Either<PolicyFault, string>,
): Either<PolicyFault, MarkedText> => {
  const [open, close] = NONCHARACTERS.filter((character) => !text.includes(character))
  if (open === undefined || close === undefined) return unmarked('the conversation has the characters that mark it')
  return pipe(
    renderMarked([open, close]),
    chain((marked) => {
      const parts = marked.split(new RegExp(`[${open}${close}]`))
      const marks = [...marked].filter((character) => character === open || character === close)
      if (parts.join('') !== text) return unmarked('its text changes when its generation blocks are marked')
      if (!marks.every((mark, i) => mark === (i % 2 === 0 ? open : close)) || marks.length % 2 !== 0)
        return unmarked('its generation blocks lie in each other')
      let reached = 0
      const spans = parts.flatMap((part, i) => {
        const start = reached
        reached += part.length
        return i % 2 === 1 && part.length > 0 ? [{ start, end: reached }] : []
      })
      return right({ text, assistant: spans })
    }),
  )
}
