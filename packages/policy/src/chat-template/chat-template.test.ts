import * as fc from 'fast-check'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { tokenizerOf } from '../load-tokenizer.ts'
import { CONVERSATIONS, SPECIAL_TOKENS, TEMPLATES } from '../testing/chat-templates.ts'
import { MASKS, RENDERED } from '../testing/chat-vectors.ts'
import { FAMILIES } from '../testing/family-tokenizers.ts'
import { freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import type { ChatMessage } from './chat-message.ts'
import { type ChatTemplate, chatTemplateOf } from './chat-template.ts'
import { encodeChat } from './encode-chat.ts'
import { loadChatTemplate } from './load-chat-template.ts'
import type { MarkedText } from './marked-text.ts'
import { strip } from './strip-calls.ts'

const of = (name: string): ChatTemplate => rightOf(chatTemplateOf(TEMPLATES[name], SPECIAL_TOKENS))
const hasTags = (name: string): boolean => name.startsWith('training')
const saidIn = ({ text, assistant }: MarkedText): readonly string[] =>
  assistant.map(({ start, end }) => text.slice(start, end))
const codePoints = (text: string): number => [...text].length

describe.each(Object.keys(TEMPLATES))('the template %s', (name) => {
  it('gives the text that transformers gives', () => {
    const texts = CONVERSATIONS.map((messages, i) =>
      rightOf(of(name).render(messages, { addGenerationPrompt: i !== 1 })),
    )
    expect(texts).toEqual(RENDERED[name].map(({ text }) => text))
  })
})

describe('what the assistant says', () => {
  it.each(Object.keys(TEMPLATES).filter(hasTags))('is in the generation blocks of %s', (name) => {
    const spans = CONVERSATIONS.map((messages, i) => {
      const { text, assistant } = rightOf(of(name).mark(messages, { addGenerationPrompt: i !== 1 }))
      return assistant.map(({ start, end }) => [start, end].map((at) => codePoints(text.slice(0, at))))
    })
    expect(spans).toEqual(RENDERED[name].map((rendered) => rendered.spans))
  })

  it.each([
    ['chatml', '<|im_end|>'],
    ['gemma', '<end_of_turn>'],
    ['llama3', '<|eot_id|>'],
    ['phi3', '<|end|>'],
  ])('is, without blocks, a turn to its end: %s', (name, end) => {
    for (const addGenerationPrompt of [false, true]) {
      const said = saidIn(rightOf(of(name).mark(CONVERSATIONS[2], { addGenerationPrompt })))
      expect(said.map((text) => text.trimEnd())).toEqual(said)
      expect(said.map((text) => text.replace(end, '').trim())).toEqual(
        [CONVERSATIONS[2][2], CONVERSATIONS[2][4]].map(({ content }) => String(content).trim()),
      )
      expect(said.every((text) => text.endsWith(end))).toBe(true)
    }
    expect(saidIn(rightOf(of(name).mark(CONVERSATIONS[0], { addGenerationPrompt: true })))).toEqual([])
  })

  it('may start with a space that the template puts there', () => {
    expect(saidIn(rightOf(of('llama2').mark(CONVERSATIONS[1])))).toEqual([' the world </s>'])
  })

  it.each([
    ['a template that forgets thoughts', 'thinking', CONVERSATIONS[2], /message 2 is not the same/],
    [
      'text that stands where it is not said',
      '{% generation %}{{ messages[0].content }}{% endgeneration %}{{ text }}',
      [{ role: 'user', content: String.fromCharCode(...Array.from({ length: 32 }, (_, i) => 0xfdd0 + i)) }],
      /characters that mark it/,
    ],
    [
      'blocks that are looked at',
      '{% set x %}{% generation %}a{% endgeneration %}{% endset %}{{ x | length }}',
      [],
      /changes when/,
    ],
    [
      'blocks in blocks',
      '{% generation %}a{% generation %}b{% endgeneration %}{% endgeneration %}',
      [],
      /lie in each other/,
    ],
  ])('is a fault under %s', (_, name, messages, says) => {
    const template = rightOf(chatTemplateOf(TEMPLATES[name] ?? name, SPECIAL_TOKENS))
    const fault = leftOf(template.mark(messages))
    expect([fault._tag, fault.message]).toEqual(['TemplateUnmarked', expect.stringMatching(says)])
  })

  it('is found again in whatever it says', () => {
    const content = fc.string({
      unit: fc.oneof(
        fc.constantFrom(' ', '\n', '</s>', '<|im_end|>', '{{'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    const template = of('training')
    fc.assert(
      fc.property(content, content, (asked, answer) => {
        const messages: readonly ChatMessage[] = [
          { role: 'user', content: asked },
          { role: 'assistant', content: answer },
        ]
        expect(saidIn(rightOf(template.mark([...messages, ...messages])))).toEqual(Array(2).fill(`${answer}<|im_end|>`))
      }),
    )
  })
})

describe('the tokens that the assistant says', () => {
  it.each(Object.keys(MASKS).flatMap((name) => Object.keys(MASKS[name]).map((family) => [name, family] as const)))(
    'under %s are for %s those that transformers marks',
    (name, family) => {
      const tokenizer = rightOf(tokenizerOf(family, { json: FAMILIES[family] }))
      const named = Object.entries(SPECIAL_TOKENS).filter(([, token]) => tokenizer.idOf(token) !== undefined)
      const template = rightOf(chatTemplateOf(TEMPLATES[name], Object.fromEntries(named)))
      const masks = CONVERSATIONS.slice(1).map((messages) =>
        rightOf(encodeChat(tokenizer, rightOf(template.mark(messages)))).assistant.join(''),
      )
      expect(masks).toEqual(MASKS[name][family])
    },
  )

  it.each(Object.keys(FAMILIES))('cover for %s what is said and nothing else', (family) => {
    const tokenizer = rightOf(tokenizerOf(family, { json: FAMILIES[family] }))
    const content = fc.array(fc.constantFrom('hello', ' the', 'é', '😀', '日', ' 12', '.'), { minLength: 1 })
    fc.assert(
      fc.property(content, (parts) => {
        // Capitals are in no merge: tokens end where the assistant begins and ends.
        const marked = { text: `U${parts.join('')}U`, assistant: [{ start: 1, end: 1 + parts.join('').length }] }
        const { ids, assistant } = rightOf(encodeChat(tokenizer, marked))
        const said = ids.filter((_, i) => assistant[i] === 1)
        expect(tokenizer.decode([tokenizer.encode('U', { special: false })[0], ...said]).trimStart()).toContain(
          parts.join('').trimStart(),
        )
        expect(tokenizer.decode(said)).not.toContain('U')
      }),
      { numRuns: 30 },
    )
  })

  it('are found in composed text where the tokenizer composes it', () => {
    const text = 'e\u0301 e\u0301 e\u0301'
    const tokenizer = rightOf(tokenizerOf('qwen2', { json: FAMILIES['qwen2'] }))
    const { ids, assistant } = rightOf(encodeChat(tokenizer, { text, assistant: [{ start: 3, end: 5 }] }))
    expect(tokenizer.decode(ids.filter((_, i) => assistant[i] === 1))).toBe('é')
  })

  it('are a fault where the tokenizer changes the text', () => {
    const lower = { ...FAMILIES['gpt2'], normalizer: { type: 'Lowercase' } }
    const tokenizer = rightOf(tokenizerOf('lower', { json: lower }))
    expect(leftOf(encodeChat(tokenizer, { text: 'ABC', assistant: [] }))._tag).toBe('TemplateUnmarked')
  })
})

describe('a template', () => {
  it('reads tools, documents and whatever variables it knows', () => {
    const source =
      '{{ tools[0].name }} {{ documents | length }} {{ mode }} {% if pad_token is not defined %}no pad{% endif %}'
    const template = rightOf(chatTemplateOf(source, SPECIAL_TOKENS))
    const options = { tools: [{ name: 'f' }], documents: [1, 2], variables: { mode: 'x' } }
    expect(rightOf(template.render([], options))).toBe('f 2 x no pad')
  })

  it('that does not parse, or raises an exception, is a fault that says why', () => {
    expect(leftOf(chatTemplateOf('{% if %}'))).toMatchObject({ _tag: 'TemplateInvalid' })
    expect(leftOf(chatTemplateOf('{% generation %}'))._tag).toBe('TemplateInvalid')
    const fault = leftOf(of('llama2').render([CONVERSATIONS[1][1]]))
    expect([fault._tag, fault.message]).toEqual(['TemplateInvalid', expect.stringContaining('roles must alternate')])
  })

  it.each([
    ['a list of parts', [{ type: 'text', text: 'hello' }]],
    ['a list of texts', ['hello']],
    ['an object', { text: 'hello' }],
    ['nothing', undefined],
    ['null', null],
  ])('that takes %s for text is a fault, as it is in Python', (_, content) => {
    expect(leftOf(of('chatml').render([{ role: 'user', content }]))).toMatchObject({ _tag: 'TemplateInvalid' })
  })

  it('that knows parts of contents reads them', () => {
    const parts =
      '{% for p in messages[0].content %}{{ loop.index }}{{ p.type }} {{ p.text }}{% endfor %} {{ messages | tojson }}'
    const content = [{ type: 'text', text: '[object Map]' }]
    expect(rightOf(rightOf(chatTemplateOf(parts)).render([{ role: 'u', content }]))).toBe(
      '1text [object Map] [{"role": "u", "content": [{"type": "text", "text": "[object Map]"}]}]',
    )
  })

  it('has line feeds for whatever ends its lines', () => {
    expect(rightOf(rightOf(chatTemplateOf('a\r\n{% if true %}\r\nb\r{% endif %}\r\n')).render([]))).toBe('a\nb\n')
  })

  // CPython 3.11's str.strip, str.lstrip and str.rstrip.
  it.each([
    ['strip', 'xyaxyx', 'yx', 'a'],
    ['lstrip', '\n\n  a\n', '\n', '  a\n'],
    ['rstrip', 'a \n\n', '\n', 'a '],
    ['strip', ' a ', null, 'a'],
    ['strip', 'xx', 'x', ''],
    ['rstrip', 'xx', 'x', ''],
    ['lstrip', '', 'x', ''],
    ['strip', 'a', '', 'a'],
  ])('has %s of %j by %j', (method, text, characters, left) => expect(strip(text, method, characters)).toBe(left))
})

describe('the templates of a directory', () => {
  let directory = ''
  const write = (file: string, content: unknown): Promise<void> =>
    writeFile(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content))
  const rendered = async (name?: string): Promise<string | undefined> => {
    const template = rightOf(await loadChatTemplate(directory, name)())
    return template && rightOf(template.render([]))
  }
  beforeEach(async () => {
    directory = await freshDirectory()
  })

  it('may be none', async () => {
    expect(await rendered()).toBeUndefined()
    await write('tokenizer_config.json', { chat_template: null })
    expect(await rendered()).toBeUndefined()
  })

  it('are in tokenizer_config.json, one or named, with its special tokens', async () => {
    await write('tokenizer_config.json', {
      chat_template: 'one {{ bos_token }}{{ eos_token }}',
      bos_token: { content: '<s>' },
    })
    await write('special_tokens_map.json', { bos_token: 'no', eos_token: '</s>' })
    expect(await rendered()).toBe('one <s></s>')
    const named = [
      { name: 'default', template: 'one' },
      { name: 'tool_use', template: 'two' },
    ]
    await write('tokenizer_config.json', { chat_template: named })
    expect([await rendered(), await rendered('tool_use')]).toEqual(['one', 'two'])
    const fault = leftOf(await loadChatTemplate(directory, 'rag')())
    expect([fault._tag, fault.message]).toEqual(['TemplateInvalid', expect.stringContaining('default, tool_use')])
  })

  it('in files come first', async () => {
    await write('tokenizer_config.json', { chat_template: 'one' })
    await write('chat_template.jinja', 'file\n')
    await mkdir(join(directory, 'additional_chat_templates'))
    await write(join('additional_chat_templates', 'rag.jinja'), 'three')
    expect([await rendered(), await rendered('rag')]).toEqual(['file', 'three'])
  })

  it('that cannot be read are a fault', async () => {
    await mkdir(join(directory, 'chat_template.jinja'))
    expect(leftOf(await loadChatTemplate(directory)())._tag).toBe('TemplateInvalid')
  })
})
