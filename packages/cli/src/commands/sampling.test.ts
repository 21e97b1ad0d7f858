import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Answer } from '../sample/sample-texts.ts'
import { runCli, runJson } from '../testing/run-cli.ts'
import { ROWS, tinyModel, writeConfig } from '../testing/tiny-model.ts'
import { dirname, join } from 'node:path'

const model = await tinyModel()
const sample = (...argv: readonly string[]): Promise<Answer> => runJson('sample', '--model', model, ...argv)
const few = ['--prompt', 'the fox', '-n', '4', '--max-new-tokens', '6', '--stop', '.'] as const

test('the same seed gives the same bytes, another seed others', async () => {
  const run = (seed: string): Promise<{ readonly out: string }> =>
    runCli('sample', '--model', model, ...few, '--seed', seed, '--json')
  const { out } = await run('1')
  expect((await run('1')).out).toBe(out)
  expect((await run('2')).out).not.toBe(out)
})

test('the log-probability of a completion is the one that score gives it', async () => {
  const { completions } = await sample(...few, '-n', '12', '--temperature', '2', '--seed', '5')
  // Special tokens are not in the text.
  const plain = completions.filter(({ tokens }) => tokens.every((id) => id > 2))
  expect(plain.length).toBeGreaterThan(2)
  for (const { text, tokens, logprob, finished } of plain) {
    expect(finished).toBe(tokens.at(-1) === 3)
    const scored: { readonly tokens: readonly number[]; readonly logprobs: readonly number[] } = await runJson(
      'score',
      '--model',
      model,
      '--text',
      `the fox ${text}`,
    )
    expect(scored.tokens.slice(3)).toEqual(tokens)
    expect(logprob).toBeCloseTo(
      scored.logprobs.slice(2).reduce((a, b) => a + b, 0),
      4,
    )
  }
})

test('lengths stay in their range', async () => {
  const { completions } = await sample(
    '--prompt',
    'a',
    '-n',
    '16',
    '--min-new-tokens',
    '3',
    '--max-new-tokens',
    '4',
    '--stop',
    '.',
  )
  const lengths = completions.map(({ tokens, finished }) => (finished ? tokens.length - 1 : tokens.length))
  expect(lengths.every((l) => l >= 3 && l <= 4)).toBe(true)
})

test("a completion ends at each of generation_config.json's tokens, unless one is named", async () => {
  const chat = await tinyModel()
  // In the tiny model's words: a full stop and "fox".
  await writeFile(join(chat, 'generation_config.json'), JSON.stringify({ eos_token_id: [3, 6] }))
  const asked = ['--model', chat, '--prompt', 'a', '-n', '40', '--max-new-tokens', '8'] as const
  const { completions }: Answer = await runJson('sample', ...asked)
  const ended = completions.filter(({ finished }) => finished)
  expect(ended.length).toBeGreaterThan(5)
  for (const { tokens, finished } of completions) {
    expect(tokens.slice(0, finished ? -1 : undefined).some((id) => [2, 3, 6].includes(id))).toBe(false)
    if (finished) expect(tokens.at(-1)).toBe(2)
  }
  const named: Answer = await runJson('sample', ...asked, '--stop', '</s>')
  const before = named.completions.flatMap(({ tokens }) => tokens.slice(0, -1))
  expect(before).toContain(3)
  expect(before).toContain(6)
  expect(ended.length).toBeGreaterThan(named.completions.filter(({ finished }) => finished).length)
})

test('temperature 0 and top-k 1 both take the most likely token', async () => {
  const greedy = await sample(...few, '--temperature', '0')
  expect(new Set(greedy.completions.map(({ text }) => text)).size).toBe(1)
  expect((await sample(...few, '--top-k', '1')).completions).toEqual(greedy.completions)
})

test('prompts of a file follow those of the command line, one JSON object a line', async () => {
  const file = join(dirname(await writeConfig({})), 'prompts.jsonl')
  const { out } = await runCli('sample', '--model', model, '--prompt', 'a', '--prompts', file, '--json')
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
  expect(answers.map(({ prompt }) => prompt)).toEqual(['a', ...ROWS.map(({ prompt }) => prompt)])
})

test.each([
  ['no prompt', [], 2, 'Usage'],
  ['a stop that is no token', ['--prompt', 'a', '--stop', 'zebra'], 1, 'TokenUnknown'],
  ['lengths that exclude each other', ['--prompt', 'a', '--min-new-tokens', '9', '--max-new-tokens', '8'], 2, 'Usage'],
  ['a prompt that leaves no room', ['--prompt', 'a '.repeat(40)], 1, 'PromptTooLong'],
  ['completions longer than the context', ['--prompt', 'a', '--max-new-tokens', '48'], 1, 'CompletionTooLong'],
  ['an unknown device', ['--prompt', 'a', '--device', 'tpu'], 1, 'DeviceUnknown'],
  ['an adapter that is not there', ['--prompt', 'a', '--adapter', './no-adapter'], 1, 'ModelNotFound'],
  ['top-p of nothing', ['--prompt', 'a', '--top-p', '0'], 2, 'Usage'],
])('%s is a fault', async (_, argv, exit, tag) => {
  const { code, out } = await runCli('sample', '--model', model, ...argv, '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([exit, tag])
})
