import { readFile, readdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dora, reference } from '@gfnlm/policy'
import { type Metrics, type RunEvent, readEvents } from '@gfnlm/trainer'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../config/read-config.ts'
import { loadModel } from '../load-model.ts'
import { orThrow } from '../or-throw.ts'
import { runPaths } from '../run/run-paths.ts'
import type { TrainResult } from '../run/train.ts'
import { runCli, runJson } from '../testing/run-cli.ts'
import { ROWS, freshDirectory, tinyModel, writeConfig } from '../testing/tiny-model.ts'

const model = await tinyModel()
const SMALL = {
  model,
  prompts: 'prompts.jsonl',
  adapter: { r: 2 },
  mdp: { stop: '.', maxNewTokens: 4, minNewTokens: 1 },
  sampling: { perPrompt: 4, explore: [{ share: 1 }, { share: 1, temperature: [0.5, 2], epsilon: 0.1 }] },
  replay: { perPrompt: 2 },
  optimizer: { learningRate: 0.01, schedule: 'cosine', warmup: 2, clipNorm: 1 },
  steps: 6,
  promptsPerStep: 2,
  seed: 7,
  checkpoint: { every: 2 },
}
const train = async (config: string, output: string, ...argv: readonly string[]): Promise<TrainResult> =>
  runJson('train', config, '--output', output, ...argv)
const adapterBytes = (output: string): Promise<Buffer> =>
  readFile(join(runPaths(output).adapter, 'adapter_model.safetensors'))
const stepsOf = (output: string): readonly number[] =>
  readEvents(runPaths(output).metrics).events.flatMap((event: RunEvent) => (event.type === 'step' ? [event.step] : []))

test('a run weighs its completions as the config says, and tells what the weights leave', async () => {
  const reweight = {
    by: ['importance-ratio', { kind: 'staleness-decay', halfLife: 2 }],
    max: 1,
    reduction: 'self-normalised',
  }
  const output = await freshDirectory()
  await train(await writeConfig({ ...SMALL, steps: 2, reweight, evaluation: { prompts: 0 } }), output)
  const metrics = readEvents(runPaths(output).metrics).events.flatMap((event: RunEvent) =>
    event.type === 'step' ? [event.metrics] : [],
  )
  const told = (name: string): readonly number[] => metrics.map((step) => step[name]!)
  // Of 12 rows 4 are replayed, 8 sampled, some of them by a tempered policy and so with a ratio other than 1.
  expect(Math.max(...told('weight/max'))).toBeLessThanOrEqual(1)
  expect(Math.max(...told('weight/clipped_fraction'))).toBeGreaterThan(0)
  expect(Math.max(...told('effective_sample_size'))).toBeLessThan(12)
})

test('a run with DoRA saves an adapter whose magnitudes have learned', async () => {
  const output = await freshDirectory()
  await train(
    await writeConfig({ ...SMALL, adapter: { kind: 'dora', r: 2, targets: '.*[qv]_proj' }, steps: 2 }),
    output,
  )
  const { policy } = await orThrow(loadModel(model, { adapter: runPaths(output).adapter }))
  expect(policy.adapter).toMatchObject({ kind: 'dora', targets: '.*[qv]_proj' })
  const fresh = await orThrow(loadModel(model, { adapter: dora({ r: 2, targets: '.*[qv]_proj' }) }))
  const name = 'model.layers.0.self_attn.v_proj.lora_magnitude_vector'
  const [learned, initial] = [policy, fresh.policy].map(({ trainable }) => [...trainable[name]!.data])
  expect(learned!.every((m, o) => m !== initial![o] && Math.abs(m - initial![o]!) < 0.1)).toBe(true)
})

const metricsOf = (output: string): readonly Metrics[] =>
  readEvents(runPaths(output).metrics).events.flatMap((event: RunEvent) =>
    event.type === 'step' ? [event.metrics] : [],
  )

test.each<[string, object, readonly string[]]>([
  ['subtb', { objective: { kind: 'subtb', lambda: 0.5 } }, ['objective/logZ']],
  ['db', { objective: 'db' }, ['objective/logRatioVariance']],
  ['reinforce', { objective: { kind: 'reinforce', entropyBonus: 0.01 }, replay: false }, ['entropy']],
  ['rloo', { objective: { kind: 'rloo', minibatches: 2 }, replay: false }, ['clip_ratio/region_mean']],
  ['grpo', { objective: { kind: 'grpo', beta: 0.04, epochs: 2 }, replay: false }, ['kl']],
  ['dr-grpo', { objective: { kind: 'dr-grpo', klCoefficient: 0.1 }, replay: false }, ['clip_ratio/low_mean']],
])('objective %s trains, and tells of it', async (_, change, names) => {
  const output = await freshDirectory()
  const config = { ...SMALL, ...change, steps: 2, evaluation: { prompts: 0 } }
  expect((await train(await writeConfig(config), output)).reason).toBe('done')
  const metrics = metricsOf(output)
  expect(metrics).toHaveLength(2)
  for (const step of metrics) for (const name of names) expect(step[name]).toEqual(expect.any(Number))
})

test('PPO resumes to the same bytes, its value head and the coefficient of its KL included', async () => {
  const objective = { kind: 'ppo', epochs: 2, minibatches: 2, adaptive: { target: 0.01, horizon: 50 } }
  const config = await writeConfig({ ...SMALL, objective, replay: false, steps: 4, evaluation: { prompts: 0 } })
  const [whole, halves] = [await freshDirectory(), await freshDirectory()]
  const constantly = ['--set', 'optimizer.schedule=constant']
  await train(config, whole, ...constantly)
  await train(config, halves, ...constantly, '--set', 'steps=2')
  const others = ['--resume', '--set', 'objective.epochs=3']
  const { code, out } = await runCli('train', config, '--output', halves, ...constantly, ...others, '--json')
  expect([code, JSON.parse(out).error]).toMatchObject([
    1,
    { tag: 'ConfigChanged', message: expect.stringContaining('has made 8 updates, and the config makes 6 a step') },
  ])
  await train(config, halves, ...constantly, '--resume')
  expect((await adapterBytes(halves)).equals(await adapterBytes(whole))).toBe(true)
  const headBytes = (output: string) => readFile(join(runPaths(output).adapter, 'value_head.safetensors'))
  expect((await headBytes(halves)).equals(await headBytes(whole))).toBe(true)
  expect(stepsOf(halves)).toEqual([0, 1, 2, 3])
  const coefficients = metricsOf(whole).map((step) => step['objective/kl_coef'])
  expect(metricsOf(halves).map((step) => step['objective/kl_coef'])).toEqual(coefficients)
  expect(new Set(coefficients).size).toBe(4)
})

/** In an event file: tensorflow.Event.session_log 7 with status 1, START 1. */
const RESTART = Buffer.of(0x3a, 2, 0x08, 1)

test('what a run killed before its first checkpoint has logged is not mixed with what is logged next', async () => {
  const output = await freshDirectory()
  await writeFile(runPaths(output).metrics, '{"type":"step","time":0,"step":0,"metrics":{"loss":99}}\n')
  await train(await writeConfig({ ...SMALL, steps: 1, evaluation: { prompts: 0 } }), output, '--resume')
  expect(stepsOf(output)).toEqual([0])
  expect(metricsOf(output)[0]!['loss']).not.toBe(99)
  const events = (await readdir(output)).find((name) => name.includes('tfevents'))!
  expect((await readFile(join(output, events))).includes(RESTART)).toBe(true)
})

describe('a run of 6 steps', async () => {
  const config = await writeConfig(SMALL)
  const output = await freshDirectory()
  const result = await train(config, output)

  test('leaves config, metrics, events, report, checkpoints and a PEFT adapter', async () => {
    expect(result).toMatchObject({ reason: 'done', steps: 6, seed: 7, adapter: join(output, 'adapter') })
    expect((await readdir(output)).map((name) => name.replace(/tfevents.*/, 'tfevents')).sort()).toEqual([
      'adapter',
      'checkpoints',
      'config.json',
      'events.out.tfevents',
      'metrics.jsonl',
      'report.html',
    ])
    expect(await readdir(runPaths(output).checkpoints)).toEqual(['step-00000004', 'step-00000006'])
    expect(stepsOf(output)).toEqual([0, 1, 2, 3, 4, 5])
    expect(await readFile(runPaths(output).report, 'utf8')).toContain('<svg')
  })

  test('its adapter loads on its model and changes it', async () => {
    const { policy } = await orThrow(loadModel(model, { adapter: runPaths(output).adapter }))
    expect(policy.adapter).toMatchObject({ r: 2, alpha: 4 })
    const b = Object.entries(policy.trainable).filter(([name]) => name.includes('lora_B'))
    expect(b.every(([, { data }]) => Array.from(data).some((x) => x !== 0))).toBe(true)
    expect(reference(policy).trainable()).toBeNull()
  })

  test('its config.json is the config of the same run', async () => {
    const again = await freshDirectory()
    await train(runPaths(output).config, again)
    expect((await adapterBytes(again)).equals(await adapterBytes(output))).toBe(true)
    expect(readConfig(runPaths(output).config)).toMatchObject({ right: { steps: 6, output } })
  })

  test('3 steps, then the rest, give the same bytes as 6 at once, replay buffer included', async () => {
    const halves = await freshDirectory()
    const stopped = await train(config, halves, '--set', 'steps=3', '--set', 'optimizer.schedule=constant')
    expect(stopped.steps).toBe(3)
    const whole = await freshDirectory()
    await train(config, whole, '--set', 'optimizer.schedule=constant')
    await train(config, halves, '--set', 'optimizer.schedule=constant', '--resume')
    expect((await adapterBytes(halves)).equals(await adapterBytes(whole))).toBe(true)
    expect(stepsOf(halves)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('another run into its directory is refused, and costs nothing', async () => {
    const before = await adapterBytes(output)
    const { code, err } = await runCli('train', config, '--output', output)
    expect(code).toBe(1)
    expect(err).toContain('already holds a run with a checkpoint after 6 updates\nfix: Add --resume')
    expect((await adapterBytes(output)).equals(before)).toBe(true)
  })

  test('resuming with another learning rate is possible, and told', async () => {
    const { code, err } = await runCli(
      'train',
      config,
      '--output',
      output,
      '--resume',
      '--set',
      'optimizer.learningRate=0.1',
      '--set',
      'steps=7',
    )
    expect(code).toBe(0)
    expect(err).toContain(
      'resuming after 6 steps\nwarning: changed since this run began: optimizer.learningRate, steps\n',
    )
    expect(stepsOf(output)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('resuming with another seed is refused', async () => {
    const { code, out } = await runCli('train', config, '--output', output, '--resume', '--set', 'seed=8', '--json')
    expect([code, JSON.parse(out).error.tag]).toEqual([1, 'ConfigChanged'])
  })

  test('resuming with an adapter of another size names what changed', async () => {
    const { code, out } = await runCli(
      'train',
      config,
      '--output',
      output,
      '--resume',
      '--set',
      'adapter.r=3',
      '--json',
    )
    expect([code, JSON.parse(out).error.tag]).toEqual([1, 'CheckpointInvalid'])
  })

  test('eval compares base and adapter on the same prompts', async () => {
    const found: Record<'base' | 'adapter', Record<string, number>> & { readonly prompts: number } = await runJson(
      'eval',
      '--config',
      config,
      '--adapter',
      runPaths(output).adapter,
      '-n',
      '8',
    )
    expect(found.prompts).toBe(3)
    expect(Object.keys(found.adapter)).toEqual(Object.keys(found.base))
    expect(found.adapter['log_reward']).not.toBe(found.base['log_reward'])
    const table = await runCli('eval', '--config', config, '-n', '2', '--limit', '1')
    expect(table.out).toMatch(/^1 prompts, 2 completions of each\n +base\nlog_reward/)
  })
})

test.each([
  ['modified-subtb', {}],
  ['modified-db', {}],
  ['vargrad', { minNewTokens: 0 }],
])('the infilling reward and objective %s train together', async (objective, mdp) => {
  const config = await writeConfig({
    ...SMALL,
    reward: 'infilling',
    objective,
    mdp: { ...SMALL.mdp, ...mdp },
    steps: 2,
    evaluation: { prompts: 0 },
  })
  const { metrics, reason } = await train(config, await freshDirectory())
  expect(reason).toBe('done')
  expect(Number.isFinite(metrics['loss'])).toBe(true)
  expect(metrics['grad_norm']).toBeGreaterThan(0)
})

test('trajectory balance learns one prompt', async () => {
  const config = await writeConfig(
    { ...SMALL, objective: 'tb', steps: 2, promptsPerStep: 1, evaluation: { prompts: 0 } },
    ROWS.slice(0, 1),
  )
  expect((await train(config, await freshDirectory())).reason).toBe('done')
})

test.each<[string, object, readonly object[], string, RegExp]>([
  ['an empty prompts file', {}, [], 'NoPrompts', /there are no prompts in .*prompts\.jsonl/],
  ['a prompts file that is not there', { prompts: 'none.jsonl' }, ROWS, 'DatasetUnreadable', /none\.jsonl/],
  [
    'a prompt longer than the context',
    {},
    [{ prompt: 'the '.repeat(48) }],
    'PromptTooLong',
    /prompts\.jsonl:1 has 49 tokens, 43 fit/,
  ],
  [
    'surroundings longer than the context',
    { reward: 'infilling' },
    [{ ...ROWS[0], ending: 'a '.repeat(40) }],
    'PromptTooLong',
    /prompt "fox": beginning and ending have 7 and 40 tokens; 43 fit/,
  ],
  [
    'a column that the reward needs',
    { reward: 'infilling' },
    [{ prompt: 'a', beginning: 'the' }],
    'ColumnMissing',
    /prompt "1" has no column "ending"/,
  ],
  [
    'another column than there is',
    { prompts: { file: 'prompts.jsonl', columns: { prompt: 'text' } } },
    ROWS,
    'ColumnMissing',
    /no column "text"/,
  ],
  [
    'trajectory balance over several prompts',
    { objective: 'tb' },
    ROWS,
    'ConfigInvalid',
    /tb learns one log Z, and there are 3 prompts/,
  ],
  [
    'an adapter on modules that are not there',
    { adapter: { targets: ['c_attn'] } },
    ROWS,
    'AdapterInvalid',
    /no linear module c_attn/,
  ],
  ['a stop that is no token', { mdp: { stop: '!' } }, ROWS, 'TokenUnknown', /mdp\.stop: "!" is no token/],
  [
    'a stop that is forbidden',
    { mdp: { stop: '.', forbidden: ['.'] } },
    ROWS,
    'ConfigInvalid',
    /mdp\.forbidden has the token that ends/,
  ],
  [
    'completions longer than the context',
    { mdp: { maxNewTokens: 60 } },
    ROWS,
    'CompletionTooLong',
    /mdp\.maxNewTokens is 60/,
  ],
  ['a model that is not there', { model: './nowhere' }, ROWS, 'ModelNotFound', /nowhere/],
])('%s ends before anything is written', async (_, change, rows, tag, message) => {
  const output = join(await freshDirectory(), 'run')
  const { code, out } = await runCli(
    'train',
    await writeConfig({ ...SMALL, ...change }, rows),
    '--output',
    output,
    '--json',
  )
  const { error } = JSON.parse(out) as { error: { tag: string; message: string } }
  expect([code, error.tag]).toEqual([1, tag])
  expect(error.message).toMatch(message)
  await expect(readdir(output)).rejects.toThrow('ENOENT')
})

test('a model that diverges ends the run with a fault, and its events stay', async () => {
  const output = await freshDirectory()
  const config = await writeConfig({ ...SMALL, optimizer: { learningRate: 1e30 }, evaluation: { prompts: 0 } })
  const { code, out } = await runCli('train', config, '--output', output, '--json')
  const { error } = JSON.parse(out) as { error: { tag: string; fix: string } }
  expect([code, ['RunFailed', 'LossNotFinite', 'RewardFailed'].includes(error.tag)]).toEqual([1, true])
  expect(readEvents(runPaths(output).metrics).events.at(-1)).toMatchObject({ type: 'run/end', reason: 'failed' })
  expect(existsSync(runPaths(output).adapter)).toBe(false)
})

test('an output directory that cannot be made is a fault', async () => {
  const file = join(await freshDirectory(), 'taken')
  await writeFile(file, '')
  const { code, out } = await runCli('train', await writeConfig(SMALL), '--output', join(file, 'run'), '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'OutputUnusable'])
})
