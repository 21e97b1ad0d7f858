import { Template } from '@huggingface/jinja'
import { type Either, chain, left, right } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault, reasonOf } from '../policy-fault.ts'
import type { ChatMessage, ChatOptions } from './chat-message.ts'
import { type MarkedText, taggedSpans } from './marked-text.ts'
import { STRIP, rewriteStrips, strip } from './strip-calls.ts'
import { turnSpans } from './turn-spans.ts'
import { uncoercible } from './uncoercible.ts'

/** How conversations become text for one model. */
export interface ChatTemplate {
  /** The text of a conversation, special tokens included: encode it with `special: false`. */
  readonly render: (messages: readonly ChatMessage[], options?: ChatOptions) => Either<PolicyFault, string>
  /** The same text, and which parts of it the assistant says. */
  readonly mark: (messages: readonly ChatMessage[], options?: ChatOptions) => Either<PolicyFault, MarkedText>
}

const TAG = /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g

/** What JavaScript makes of an object where it wants text. */
const COERCED = /\[object \w+\]/

/** The macro that a generation block calls. It is on a line of its own, which trim_blocks removes. */
const MACRO = '{% macro gfnlm_generation() %}{{ gfnlm_open }}{{ caller() }}{{ gfnlm_close }}{% endmacro %}\n'

/**
 * `{% generation %}` is no tag of Jinja: transformers adds it, as a call block. So it is one here, of a macro that puts
 * marks around what the block says; white space is left to Jinja's own rules for tags, and line ends are line feeds.
 */
const withGenerationBlocks = (source: string): string =>
  MACRO +
  source
    .replace(/\r\n?/g, '\n')
    .replace(TAG, (_, before, end, after) => `{%${before} ${end ? 'endcall' : 'call gfnlm_generation()'} ${after}%}`)

/**
 * Compiles a chat template.
 *
 * @param specialTokens by the names that the template has for them (`bos_token`): a tokenizer's `specialTokens`
 * @returns or a fault (TemplateInvalid) that says where it does not parse
 * @example
 * const template = chatTemplateOf('{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}', {})
 */
export const chatTemplateOf = (
  source: string,
  specialTokens: Readonly<Record<string, string>> = {},
): Either<PolicyFault, ChatTemplate> => {
  const invalid = (what: string, caught: unknown, fix: string): Either<PolicyFault, never> =>
    left(policyFault('TemplateInvalid', `${what}: ${reasonOf(caught)}`, fix))
  let template: Template
  try {
    template = new Template(withGenerationBlocks(source))
    rewriteStrips(template.parsed)
  } catch (caught) {
    return invalid('the chat template does not parse', caught, 'Correct it, or take the one of the model')
  }
  const rendered = (
    messages: readonly ChatMessage[],
    { addGenerationPrompt = false, tools, documents, variables = {} }: ChatOptions,
    [open, close]: readonly [string, string],
  ): Either<PolicyFault, string> => {
    try {
      const text = template.render({
        ...specialTokens,
        ...variables,
        messages: uncoercible(messages),
        tools: uncoercible(tools ?? null),
        documents: uncoercible(documents ?? null),
        add_generation_prompt: addGenerationPrompt,
        [STRIP]: strip,
        gfnlm_open: open,
        gfnlm_close: close,
      })
      return COERCED.test(text) && !COERCED.test(source + JSON.stringify([messages, variables, tools, documents]))
        ? invalid(
            'the chat template refuses the conversation',
            'what it takes for text is an object or a list',
            'Give contents and arguments as text, or take a template that knows parts of contents',
          )
        : right(text)
    } catch (caught) {
      return invalid('the chat template refuses the conversation', caught, 'Change its roles, order or fields')
    }
  }
  const render: ChatTemplate['render'] = (messages, options = {}) => rendered(messages, options, ['', ''])
  return right({
    render,
    mark: (messages, options = {}) =>
      pipe(
        render(messages, options),
        chain((text) =>
          source.search(TAG) === -1
            ? turnSpans(
                text,
                messages,
                (some, addGenerationPrompt) => render(some, { ...options, addGenerationPrompt }),
                specialTokens['eos_token'],
              )
            : taggedSpans(text, (marks) => rendered(messages, options, marks)),
        ),
      ),
  })
}
