import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenizerOf } from './load-tokenizer.ts'
import { FAMILIES } from './testing/family-tokenizers.ts'
import { rightOf } from './testing/small-models.ts'
import { textStream } from './text-stream.ts'

const SKIP = fc.record({ skipSpecial: fc.boolean() })

describe.each(Object.keys(FAMILIES))('a stream of %s', (family) => {
  const tokenizer = rightOf(tokenizerOf(family, { json: FAMILIES[family] }))
  const piecesOf = (ids: ArrayLike<number>, options: { readonly skipSpecial: boolean }): readonly string[] => {
    const stream = tokenizer.stream(options)
    return [...Array.from(ids, (id) => stream.push(id)), stream.end()]
  }

  it('gives the text of any ids, and all of it', () => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 24 })
    fc.assert(
      fc.property(ids, SKIP, (some, options) => {
        expect(piecesOf(some, options).join('')).toBe(tokenizer.decode(some, options))
      }),
    )
  })

  it('never splits a character', () => {
    const text = fc.array(fc.constantFrom('é', '😀', '日本', '👨‍👩‍👧', ' the', ' ', '\n\n', '<s>', '<|im_end|>'))
    fc.assert(
      fc.property(text, SKIP, (parts, options) => {
        const ids = tokenizer.encode(parts.join(''))
        const pieces = piecesOf(ids, options)
        expect(pieces.join('')).toBe(tokenizer.decode(ids, options))
        for (const piece of pieces) expect(piece).not.toMatch(/\uFFFD|[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/)
      }),
    )
  })
})

it('gives each word as soon as it is there, and decodes a few ids for it, however many came before', () => {
  let longest = 0
  const stream = textStream((ids) => {
    longest = Math.max(longest, ids.length)
    return ids
      .map((id) => ` w${id}`)
      .join('')
      .slice(1)
  })
  expect(Array.from({ length: 4 }, (_, id) => stream.push(id))).toEqual(['w0', ' w1', ' w2', ' w3'])
  for (let id = 4; id < 500; id++) stream.push(id)
  expect(longest).toBe(2)
  expect(stream.end()).toBe('')
})

it('holds a character that is not whole until the end of the text', () => {
  const { encode, stream: streamOf } = rightOf(tokenizerOf('gpt2', { json: FAMILIES['gpt2'] }))
  const stream = streamOf()
  const bytes = encode('日')
  expect([stream.push(bytes[0]), stream.push(bytes[1]), stream.end()]).toEqual(['', '', '\uFFFD'])
  expect([...bytes].map((id) => stream.push(id))).toEqual(['', '', '日'])
})
