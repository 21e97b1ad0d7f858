import type { TextOrMessages } from '@gfnlm/data'
import { type Fault, fault } from '@gfnlm/env'
import type { ChatTemplate, Tokenizer } from '@gfnlm/policy'
import type { PromptedCompletion } from '@gfnlm/trainer'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'

/** How rows of a dataset become tokens of a model. */
export interface RowEncoder {
  /** All of a text, ended by the tokenizer's end of sequence; a conversation as the model's template has it. */
  readonly whole: (text: TextOrMessages) => E.Either<Fault, Int32Array>
  /** A completion after its prompt, ended alike. */
  readonly completed: (prompt: TextOrMessages, completion: TextOrMessages) => E.Either<Fault, PromptedCompletion>
}

const startsWith = (ids: Int32Array, start: Int32Array): boolean => start.every((id, i) => ids[i] === id)

const noTemplate = (): Fault =>
  fault(
    'TemplateMissing',
    'the row holds messages, and the model has no chat template',
    'Give text, or put chat_template.jinja beside the model',
  )

/**
 * Tokens as TRL makes them: text is encoded with what the tokenizer puts in front, and a completion is what its tokens
 * have after those of the prompt. Where the two would share a token, the completion is encoded by itself, because that
 * is how the model will go on from the prompt. Text ends with the end of sequence; conversations with what the template
 * writes.
 */
export const rowEncoder = (tokenizer: Tokenizer, template: ChatTemplate | undefined): RowEncoder => {
  const { encode, eos } = tokenizer
  const ended = (ids: Int32Array): Int32Array =>
    eos === undefined || ids.at(-1) === eos ? ids : Int32Array.of(...ids, eos)
  const rendered = (...given: Parameters<ChatTemplate['render']>): E.Either<Fault, string> =>
    template === undefined ? E.left(noTemplate()) : template.render(...given)
  const chat = (text: string): Int32Array => encode(text, { special: false })

  const ofText = (prompt: string, completion: string): PromptedCompletion => {
    const [before, all] = [encode(prompt), encode(prompt + completion)]
    const own = startsWith(all, before) ? all.slice(before.length) : encode(completion, { special: false })
    return { prompt: before, completion: ended(own) }
  }
  const ofMessages = (
    prompt: Exclude<TextOrMessages, string>,
    completion: Exclude<TextOrMessages, string>,
  ): E.Either<Fault, PromptedCompletion> =>
    pipe(
      E.Do,
      E.bind('before', () =>
        rendered(
          prompt.map((message) => ({ ...message })),
          { addGenerationPrompt: true },
        ),
      ),
      E.bind('all', () => rendered([...prompt, ...completion].map((message) => ({ ...message })))),
      E.filterOrElse(
        ({ before, all }) => all.startsWith(before),
        (): Fault =>
          fault(
            'TemplateInvalid',
            "the chat template writes the prompt otherwise when the assistant's turn follows",
            'Give prompt and completion as text, rendered as they are to be learned',
          ),
      ),
      E.map(({ before, all }) => ({ prompt: chat(before), completion: chat(all.slice(before.length)) })),
    )
  return {
    whole: (text) =>
      typeof text === 'string'
        ? E.right(ended(encode(text)))
        : pipe(rendered(text.map((message) => ({ ...message }))), E.map(chat)),
    completed: (prompt, completion) =>
      typeof prompt === 'string' && typeof completion === 'string'
        ? E.right(ofText(prompt, completion))
        : typeof prompt !== 'string' && typeof completion !== 'string'
          ? ofMessages(prompt, completion)
          : E.left(
              fault('ColumnType', 'one of prompt and completion is text, the other messages', 'Give both in one form'),
            ),
  }
}
