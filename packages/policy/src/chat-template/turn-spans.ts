import { type Either, isLeft, isRight, right } from 'fp-ts/lib/Either.js'
import type { PolicyFault } from '../policy-fault.ts'
import type { ChatMessage } from './chat-message.ts'
import { type MarkedText, type Span, unmarked } from './marked-text.ts'

/**
 * The spans of the assistant's turns under a template without generation blocks: from where the conversation before a
 * turn ends, with its generation prompt, to where the conversation with the turn ends. Both must be the beginning of
 * the whole text, or nothing is known: a template that leaves the thoughts out of earlier turns does not tell.
 *
 * White space behind a turn's closing token is the template's, which a model that stops there never says; so is the
 * end of sequence where a template ends every text with it, a question too (Phi 3).
 */
export const turnSpans = (
  text: string,
  messages: readonly ChatMessage[],
  render: (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => Either<PolicyFault, string>,
  eos: string | undefined,
): Either<PolicyFault, MarkedText> => {
  const spans: Span[] = []
  for (const [i, { role, content }] of messages.entries()) {
    if (role !== 'assistant') continue
    const before = render(messages.slice(0, i), true)
    if (isLeft(before)) return before
    const rendered = render(messages.slice(0, i + 1), false)
    if (isLeft(rendered)) return rendered
    const asked = messages[i - 1]?.role === 'user' ? render(messages.slice(0, i), false) : undefined
    const ended = eos !== undefined && asked !== undefined && isRight(asked) && asked.right.endsWith(eos)
    const after = ended && rendered.right.endsWith(eos) ? rendered.right.slice(0, -eos.length) : rendered.right
    if (!text.startsWith(after) || !after.startsWith(before.right))
      return unmarked(`the text of message ${i} is not the same when others follow or it is asked for`)
    const start = before.right.length
    const said = after.slice(start)
    const closed = typeof content === 'string' && !said.trimEnd().endsWith(content.trimEnd())
    const end = start + (closed ? said.trimEnd() : said).length
    if (end > start) spans.push({ start, end })
  }
  return right({ text, assistant: spans })
}
