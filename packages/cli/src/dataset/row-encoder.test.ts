import { chatTemplateOf } from '@gfnlm/policy'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { loadModel } from '../load-model.ts'
import { orThrow } from '../or-throw.ts'
import { tinyModel } from '../testing/tiny-model.ts'
import { rowEncoder } from './row-encoder.ts'

const { tokenizer } = await orThrow(loadModel(await tinyModel()))

const rightOf = <A>(either: Either<Error, A>): A => {
  if (isLeft(either)) throw either.left
  return either.right
}

const template = rightOf(
  chatTemplateOf(
    "{% for m in messages %}<s> {{ m.role == 'user' and 'the' or 'then' }} {{ m.content }} </s>{% endfor %}" +
      '{% if add_generation_prompt %}<s> then{% endif %}',
  ),
)
const words = (ids: Int32Array): string => tokenizer.decode(ids, { skipSpecial: false })
const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

test('a completion is what its text adds to the prompt, ended by the end of sequence', () => {
  const { prompt, completion } = rightOf(rowEncoder(tokenizer, undefined).completed('the fox', ' found a lamp .'))
  expect(words(prompt)).toBe('<s> the fox')
  expect(words(completion)).toBe('found a lamp. </s>')
  expect(words(rightOf(rowEncoder(tokenizer, undefined).whole('a owl sang')))).toBe('<s> a owl sang </s>')
})

test('a completion that would share a token with its prompt is encoded by itself', () => {
  const { prompt, completion } = rightOf(rowEncoder(tokenizer, undefined).completed('the f', 'ox slept'))
  expect(prompt).toEqual(tokenizer.encode('the f'))
  expect([...completion]).toEqual([...tokenizer.encode('ox slept', { special: false }), tokenizer.eos])
})

test('messages are what the template makes of them, the turn of the assistant the completion', () => {
  const encoder = rowEncoder(tokenizer, template)
  const { prompt, completion } = rightOf(encoder.completed([user('fox slept')], [assistant('owl sang')]))
  expect(words(prompt)).toBe('<s> the fox slept </s> <s> then')
  expect(words(completion)).toBe('owl sang </s>')
  const whole = rightOf(encoder.whole([user('fox slept'), assistant('owl sang')]))
  expect([...whole]).toEqual([...prompt, ...completion])
})

test('messages without a template, or a prompt that the template writes otherwise, are faults', () => {
  const messages = [[user('fox')], [assistant('owl')]] as const
  expect(rowEncoder(tokenizer, undefined).completed(...messages)).toMatchObject({ left: { _tag: 'TemplateMissing' } })
  const counting = rightOf(chatTemplateOf('{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}'))
  expect(rowEncoder(tokenizer, counting).completed(...messages)).toMatchObject({ left: { _tag: 'TemplateInvalid' } })
  expect(rowEncoder(tokenizer, template).completed('a', [assistant('b')])).toMatchObject({
    left: { _tag: 'ColumnType' },
  })
})
