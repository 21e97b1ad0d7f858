import { Tokenizer } from '@huggingface/tokenizers'
import { expect, test } from 'vitest'
import { P_OWN, P_PROMPTED, documents } from './corpus.ts'
import { middlePosterior } from './middle-posterior.ts'
import { infillingPrompts, promptsJsonl } from './infilling-prompts.ts'
import { storyTokens } from './story-tokens.ts'
import { CONTEXT, tokenizerFiles } from './tokenizer-json.ts'
import { specialId } from './vocabulary.ts'

const train = documents(1, 'train', 2000)
const files = tokenizerFiles()
const tokenizer = new Tokenizer(files['tokenizer.json']!, files['tokenizer_config.json']!)

test('a document is <s>, perhaps a prompt, the story and </s>, and fits the context', () => {
  for (const { tokens, form, storyStart, story } of train) {
    expect(tokens[0]).toBe(specialId('<s>'))
    expect([...tokens].slice(storyStart)).toEqual([...storyTokens(story.sentences.join(' ')), specialId('</s>')])
    expect(storyStart === 1).toBe(form === 'plain')
    expect(tokens.length).toBeLessThanOrEqual(CONTEXT)
  }
})

const near = (share: number, p: number, n: number): void =>
  expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n))

test("the prompted form comes as often as said; its ending is the story's own or fits the same beginning", () => {
  const prompted = train.filter(({ form }) => form === 'prompted')
  near(prompted.length / train.length, P_PROMPTED, train.length)
  const shown = ({ tokens }: (typeof train)[number]): string => {
    const ids = [...tokens]
    return tokenizer.decode(ids.slice(2, ids.indexOf(specialId('<beginning>'))))
  }
  const own = prompted.filter((document) => shown(document) === document.story.sentences[4])
  // Two tellings may end alike by chance.
  expect(own.length / prompted.length).toBeGreaterThan(P_OWN - 0.05)
  expect(own.length / prompted.length).toBeLessThan(P_OWN + 0.1)
  for (const document of prompted.slice(0, 40)) {
    const beginning = document.story.sentences.slice(0, 3)
    expect(middlePosterior(beginning, shown(document)).length).toBeGreaterThan(0)
  }
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
  const rows = promptsJsonl(prompts)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
  expect(Object.keys(rows[0]!)).toEqual(['id', 'prompt', 'beginning', 'ending', 'middle'])
  expect(rows[2]!['prompt']).toBe(`<ending> ${prompts[2]!.ending} <beginning> ${prompts[2]!.beginning}`)
})
