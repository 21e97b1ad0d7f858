import { expect, test } from 'vitest'
import { P_PROMPTED, documents } from './corpus.ts'
import { infillingPrompts, promptsJsonl } from './infilling-prompts.ts'
import { storyTokens } from './story-tokens.ts'
import { CONTEXT } from './tokenizer-json.ts'
import { specialId } from './vocabulary.ts'

const train = documents(1, 'train', 2000)

test('a document is <s>, perhaps a prompt, the story and </s>, and fits the context', () => {
  for (const { tokens, form, storyStart, story } of train) {
    expect(tokens[0]).toBe(specialId('<s>'))
    expect([...tokens].slice(storyStart)).toEqual([...storyTokens(story.sentences.join(' ')), specialId('</s>')])
    expect(storyStart === 1).toBe(form === 'plain')
    expect(tokens.length).toBeLessThanOrEqual(CONTEXT)
  }
})

test('the prompted form comes as often as said, and its ending belongs to another story', () => {
  const prompted = train.filter(({ form }) => form === 'prompted')
  const error = Math.sqrt((P_PROMPTED * (1 - P_PROMPTED)) / train.length)
  expect(Math.abs(prompted.length / train.length - P_PROMPTED)).toBeLessThan(4 * error)
  const own = prompted.filter(({ tokens, story }) =>
    [...tokens].join(' ').startsWith(`1 4 ${storyTokens(story.sentences[4]!).join(' ')} 5`),
  )
  expect(own).toEqual([])
})

test('a longer corpus begins with a shorter one, and no held-out story is in the training documents', () => {
  expect(documents(1, 'train', 10)).toEqual(train.slice(0, 10))
  const seen = new Set(train.map(({ story }) => story.sentences.join(' ')))
  expect(documents(1, 'held-out', 500).filter(({ story }) => seen.has(story.sentences.join(' ')))).toEqual([])
})

test('training and held-out prompts share no beginning, whatever the seeds', () => {
  const heldOut = [1, 2].flatMap((seed) => infillingPrompts(seed, 200, 'held-out'))
  const beginnings = [...infillingPrompts(1, 800), ...heldOut]
  const split = new Map<string, string>()
  for (const { beginning, id } of beginnings) {
    const name = id.replace(/-\d+$/, '')
    expect(split.get(beginning) ?? name).toBe(name)
    split.set(beginning, name)
  }
  expect(new Set(infillingPrompts(1, 800).map(({ beginning }) => beginning)).size).toBe(800)
})

test('prompts are written one JSON row a line, in the columns that the command line reads', () => {
  const prompts = infillingPrompts(1, 3)
  const rows = promptsJsonl(prompts).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, string>)
  expect(Object.keys(rows[0]!)).toEqual(['id', 'prompt', 'beginning', 'ending', 'middle'])
  expect(rows[2]!['prompt']).toBe(`<ending> ${prompts[2]!.ending} <beginning> ${prompts[2]!.beginning}`)
})
