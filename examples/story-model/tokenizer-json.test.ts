import { fold, keyOf } from '@gfnlm/env'
import { Tokenizer } from '@huggingface/tokenizers'
import { describe, expect, test } from 'vitest'
import { documents } from './corpus.ts'
import { story } from './grammar.ts'
import { infillingPrompts } from './infilling-prompts.ts'
import { storyTokens } from './story-tokens.ts'
import { tokenizerFiles } from './tokenizer-json.ts'
import { SPECIAL, specialId, vocabulary, words } from './vocabulary.ts'

const files = JSON.parse(JSON.stringify(tokenizerFiles())) as Record<string, object>
const tokenizer = new Tokenizer(files['tokenizer.json']!, files['tokenizer_config.json']!)
const texts = Array.from({ length: 300 }, (_, i) => story(fold(keyOf(31), i)).sentences.join(' '))

describe('the story tokenizer', () => {
  test('decoding gives back every story as it was written, capitals, commas and full stops', () => {
    for (const text of texts)
      expect(tokenizer.decode(tokenizer.encode(text).ids, { skip_special_tokens: true })).toBe(text)
  })

  test('encoding what was decoded gives the same ids', () => {
    for (const { tokens } of documents(3, 'train', 50)) {
      const text = tokenizer.decode([...tokens])
      expect(tokenizer.encode(text, { add_special_tokens: false }).ids).toEqual([...tokens])
    }
  })

  test('the corpus writer and tokenizer.json agree, and the tokenizer puts <s> in front', () => {
    for (const text of texts) expect(tokenizer.encode(text).ids).toEqual([specialId('<s>'), ...storyTokens(text)])
  })

  test('the ids of a prompt and of a middle make up the ids of both', () => {
    for (const { promptText, middle } of infillingPrompts(1, 20)) {
      const apart = [tokenizer.encode(promptText), tokenizer.encode(middle, { add_special_tokens: false })]
      expect(apart.flatMap(({ ids }) => ids)).toEqual(tokenizer.encode(`${promptText} ${middle}`).ids)
    }
  })

  test('the markers are one id each, and a word never seen is <unk>', () => {
    expect(tokenizer.encode('<ending> Mia <beginning> zebra.').ids).toEqual(
      ['<s>', '<ending>', 'Mia', '<beginning>', '<unk>', '.'].map((token) => vocabulary().indexOf(token)),
    )
  })

  test('the vocabulary is what stories can say and nothing else, at most 1024 ids', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => story(fold(keyOf(32), i)).sentences.join(' '))
    const said = new Set(many.flatMap((text) => text.match(/\w+|[^\w\s]/g)!))
    expect([...said].sort()).toEqual(words())
    expect(vocabulary()).toHaveLength(692)
    expect(vocabulary().slice(0, SPECIAL.length)).toEqual([...SPECIAL])
    expect(new Set(words().map((word) => word.toLowerCase())).size).toBeGreaterThan(400)
  })
})
