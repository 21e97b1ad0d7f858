import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCli, runJson } from '../testing/run-cli.ts'
import { WORDS, tinyModel } from '../testing/tiny-model.ts'

const model = await tinyModel()
const score = (text: string): Promise<{ readonly tokens: readonly number[]; readonly logprobs: readonly number[] }> =>
  runJson('score', '--model', model, '--text', text)

test('each token after the first has one log-probability', async () => {
  const { tokens, logprobs } = await score('the fox found a lamp .')
  expect(tokens).toEqual([1, 4, 6, 8, 5, 10, 3])
  expect(logprobs).toHaveLength(6)
  expect(logprobs.every((x) => x < 0)).toBe(true)
})

test('the probabilities of all continuations by one token sum to 1', async () => {
  const last = await Promise.all(WORDS.map(async (word) => (await score(`the fox ${word}`)).logprobs.at(-1)!))
  expect(last.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 5)
})

test('fewer bits give other log-probabilities, near those of all, and bits that do not fit are a fault', async () => {
  const story = fileURLToPath(new URL('../../../../examples/story-model/model', import.meta.url))
  const scored = (...more: string[]): Promise<{ readonly logprobs: readonly number[] }> =>
    runJson('score', '--model', story, '--text', 'The fox found a lamp.', ...more)
  const [all, few] = [(await scored()).logprobs, (await scored('--quantize', '8')).logprobs]
  expect(few).not.toEqual(all)
  few.forEach((logprob, i) => expect(logprob).toBeCloseTo(all[i]!, 1))
  const { code, out } = await runCli('score', '--model', model, '--text', 'the', '--quantize', '4', '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'QuantizationInvalid'])
})

test('an empty text has its first token only', async () => {
  expect(await score('')).toEqual({ tokens: [1], logprobs: [] })
})

test('without --json a person reads a table', async () => {
  const { out } = await runCli('score', '--model', model, '--text', 'the fox')
  expect(out).toMatch(/^ {2}token {4}log-prob\n {6}1 +"<s>"\n {6}4 +-\d+\.\d{6} {2}"the"\n/)
  expect(out).toMatch(/total -\d+\.\d+ nats, perplexity \d+\.\d+\n$/)
})

test('a text longer than the context is a fault that says so', async () => {
  const { code, out } = await runCli('score', '--model', model, '--text', 'the '.repeat(48), '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out).error).toMatchObject({
    tag: 'TextTooLong',
    message: 'the text has 49 tokens, the model takes 48',
  })
})
