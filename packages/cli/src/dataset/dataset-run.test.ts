import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenMDP } from '@gfnlm/env'
import { loadClassifier } from '@gfnlm/policy'
import { annotateBatch, rewardModelScore } from '@gfnlm/reward'
import { type Metrics, type RunEvent, readEvents } from '@gfnlm/trainer'
import { expect, test } from 'vitest'
import { parseTrainConfig } from '../config/read-config.ts'
import { loadModel } from '../load-model.ts'
import { orThrow } from '../or-throw.ts'
import { runPaths } from '../run/run-paths.ts'
import { runCli, runJson } from '../testing/run-cli.ts'
import { freshDirectory, tinyModel } from '../testing/tiny-model.ts'

const model = await tinyModel()

const SFT = [
  { prompt: 'the fox found', completion: ' a lamp .' },
  { prompt: 'a owl lost', completion: ' the key .' },
  { text: 'then the fox slept .' },
]
const PAIRS = [
  { prompt: 'the fox found', chosen: ' a lamp .', rejected: ' a key .' },
  { prompt: 'the owl lost', chosen: ' a lamp .', rejected: ' a key .' },
  { chosen: 'then a fox slept and sang .', rejected: 'then a fox slept and lost .' },
]
const LABELLED = PAIRS.slice(0, 2).flatMap(({ prompt, chosen, rejected }) => [
  { prompt, completion: chosen, label: true },
  { prompt, completion: rejected, label: false },
])
const SMALL = {
  model,
  data: 'rows.jsonl',
  adapter: { r: 4 },
  optimizer: { learningRate: 0.02 },
  steps: 30,
  rowsPerStep: 3,
  seed: 3,
  checkpoint: { every: 10 },
}

const write = async (config: object, rows: readonly object[]): Promise<string> => {
  const directory = await freshDirectory()
  await writeFile(join(directory, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await writeFile(join(directory, 'c.json'), JSON.stringify({ ...SMALL, ...config }))
  return join(directory, 'c.json')
}
const metricsOf = (output: string): readonly Metrics[] =>
  readEvents(runPaths(output).metrics).events.flatMap((event: RunEvent) =>
    event.type === 'step' ? [event.metrics] : [],
  )

test.each<[string, object, readonly object[], string, 'falls' | 'rises']>([
  ['sft', { task: 'sft' }, SFT, 'loss', 'falls'],
  ['sft by DFT', { task: { kind: 'sft', loss: 'dft' } }, SFT, 'loss', 'falls'],
  ['DPO', { task: 'preference' }, PAIRS, 'rewards/margins', 'rises'],
  ['SimPO', { task: { kind: 'preference', loss: 'simpo', beta: 2 } }, PAIRS, 'loss', 'falls'],
  ['ORPO', { task: { kind: 'preference', loss: 'orpo' }, optimizer: { accumulate: 3 } }, PAIRS, 'loss', 'falls'],
  ['KTO', { task: 'kto', rowsPerStep: 4 }, LABELLED, 'rewards/margins', 'rises'],
  ['a reward model', { task: 'reward-model' }, PAIRS, 'loss', 'falls'],
])('%s learns from the rows of a file, and leaves an adapter', async (_, config, rows, metric, way) => {
  const output = await freshDirectory()
  const result = await runJson('train', await write(config, rows), '--output', output)
  expect(result).toMatchObject({ reason: 'done', steps: 30 })
  const values = metricsOf(output).map((metrics) => metrics[metric]!)
  const mean = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0) / some.length
  const [first, last] = [mean(values.slice(0, 3)), mean(values.slice(-3))]
  if (way === 'falls') expect(last).toBeLessThan(0.8 * first)
  else expect(last).toBeGreaterThan(first + 0.1)
  const { policy } = await orThrow(loadModel(model, { adapter: runPaths(output).adapter }))
  expect(policy.adapter).toMatchObject({ r: 4 })
})

test('what was trained as a reward model is loaded as one, and prefers what was preferred', async () => {
  const output = await freshDirectory()
  await runJson('train', await write({ task: 'reward-model' }, PAIRS), '--output', output)
  const judge = await orThrow(loadClassifier(model, { adapter: runPaths(output).adapter }))
  const { tokenizer } = await orThrow(loadModel(model))
  const texts = ['the fox found a lamp .', 'the fox found a key .'].map((text) => tokenizer.encode(text))
  const reward = rewardModelScore(judge, {
    read: ({ prompt, tokens, end }) => Int32Array.of(...prompt.tokens, ...tokens, ...end),
  })
  const width = 4
  const batch = {
    step: 0,
    seed: 0,
    prompts: [{ id: 'a', text: '', tokens: texts[0]!.slice(0, -3), row: {} }],
    mdp: tokenMDP({ terminator: tokenizer.eos!, maxLength: width - 1, leaf: 'free' }),
    rows: 2,
    width,
    group: Int32Array.of(0, 0),
    tokens: Int32Array.from(texts.flatMap((text) => [...text.slice(-3), tokenizer.eos!])),
    length: Int32Array.of(3, 3),
    logPF: new Float32Array(2 * width),
    logBehaviour: new Float32Array(2 * width),
    origin: ['dataset', 'dataset'],
  } as const
  const { logReward } = await annotateBatch(reward)(batch)
  expect(logReward[3]).toBeGreaterThan(logReward[7]!)
})

test('rows that are too long are cut where the config says what stays of them', async () => {
  const rows = [{ prompt: 'the fox found a lamp and', completion: ' then the owl slept .' }]
  const tokensOf = async (longer: string): Promise<number> => {
    const output = await freshDirectory()
    const config = { task: 'sft', steps: 1, rowsPerStep: 1, maxLength: 9, data: { file: 'rows.jsonl', longer } }
    await runJson('train', await write(config, rows), '--output', output)
    return metricsOf(output)[0]!['num_tokens']!
  }
  expect(await tokensOf('keep-start')).toBe(9)
  expect(await tokensOf('keep-end')).toBe(9)
})

test('columns of other names are read by them', async () => {
  const output = await freshDirectory()
  const data = { file: 'rows.jsonl', columns: { prompt: 'asked', completion: 'answer' } }
  const rows = SFT.slice(0, 2).map(({ prompt, completion }) => ({ asked: prompt, answer: completion }))
  await runJson('train', await write({ task: 'sft', steps: 2, data }, rows), '--output', output)
  const plain = await freshDirectory()
  await runJson('train', await write({ task: 'sft', steps: 2 }, SFT.slice(0, 2)), '--output', plain)
  expect(metricsOf(output).map(({ loss }) => loss)).toEqual(metricsOf(plain).map(({ loss }) => loss))
})

test('10 steps, then the rest, give the same bytes as 30 at once', async () => {
  const config = await write({ task: 'preference' }, PAIRS)
  const [whole, halves] = [await freshDirectory(), await freshDirectory()]
  await runJson('train', config, '--output', whole)
  await runJson('train', config, '--output', halves, '--set', 'steps=10')
  await runJson('train', config, '--output', halves, '--resume')
  const bytes = (output: string) => readFile(join(runPaths(output).adapter, 'adapter_model.safetensors'))
  expect((await bytes(halves)).equals(await bytes(whole))).toBe(true)
  expect(metricsOf(halves).map(({ loss }) => loss)).toEqual(metricsOf(whole).map(({ loss }) => loss))
})

test.each<[string, object, readonly object[], string, RegExp]>([
  ['no row', { task: 'sft' }, [], 'NoRows', /there are no rows in .*rows\.jsonl/],
  ['a missing column', { task: 'preference' }, SFT, 'ColumnMissing', /rows\.jsonl:1 has no column "chosen"/],
  [
    'a label that is none',
    { task: 'kto' },
    [{ ...LABELLED[0], label: 'yes' }],
    'ColumnType',
    /:1: "label" is a string/,
  ],
  [
    'messages without a template',
    { task: 'sft' },
    [{ messages: [] }],
    'TemplateMissing',
    /rows\.jsonl:1: the row holds/,
  ],
  [
    'a row longer than the context',
    { task: 'sft' },
    [{ text: 'the '.repeat(60) }],
    'RowTooLong',
    /:1 has 1 tokens of prompt and 61 of completion, 48 fit/,
  ],
  [
    'rows all longer than they may be',
    { task: 'sft', maxLength: 3, data: { file: 'rows.jsonl', longer: 'drop' } },
    SFT,
    'NoRows',
    /all 3 rows of .* are longer than maxLength/,
  ],
  ['a file that is not there', { task: 'sft', data: 'none.jsonl' }, SFT, 'DatasetUnreadable', /none\.jsonl/],
])('%s ends before anything is written', async (_, config, rows, tag, message) => {
  const output = join(await freshDirectory(), 'run')
  const { code, out } = await runCli('train', await write(config, rows), '--output', output, '--json')
  const { error } = JSON.parse(out) as { error: { tag: string; message: string } }
  expect([code, error.tag]).toEqual([1, tag])
  expect(error.message).toMatch(message)
  expect(error.message.match(/rows\.jsonl:1/g)?.length ?? 1).toBe(1)
  await expect(readdir(output)).rejects.toThrow('ENOENT')
})

test.each<[string, object, string, string]>([
  ['an unknown task', { task: 'rlhf' }, 'task.kind is "rlhf", not one of sft, preference, kto, reward-model', ''],
  ['a field of the other kind of run', { task: 'sft', objective: 'tb' }, 'objective is not a field', ''],
  ['no file', { task: 'sft', data: undefined }, 'data is missing', ''],
  [
    'a loss of another task',
    { task: { kind: 'kto', loss: 'dpo' } },
    'task.loss is not a field',
    'Fields here are kind, beta, desirableWeight, undesirableWeight',
  ],
  ['KTO of one row', { task: 'kto', rowsPerStep: 1 }, 'rowsPerStep is 1, but kto estimates KL from other rows', ''],
  [
    'KTO in parts',
    { task: 'kto', optimizer: { accumulate: 2 } },
    'optimizer.accumulate is 2, but kto takes its rows all at once',
    'Write 1, or lower rowsPerStep',
  ],
])('%s names the field and the fix', (_, change, found, fix) => {
  const parsed = parseTrainConfig('c.yaml', { model: 'm', data: 'd.jsonl', ...change })
  expect(parsed).toMatchObject({ left: { _tag: 'ConfigInvalid' } })
  expect(JSON.stringify(parsed)).toContain(JSON.stringify(found).slice(1, -1))
  expect(JSON.stringify(parsed)).toContain(fix)
})
