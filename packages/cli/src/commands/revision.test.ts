import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomPolicy, savePretrained } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { orThrow } from '../or-throw.ts'
import { readConfig } from '../config/read-config.ts'
import { runCli, runJson } from '../testing/run-cli.ts'
import { freshDirectory, tinyModel, writeConfig } from '../testing/tiny-model.ts'

const MAIN = '0'.repeat(40)
const OLDER = '1'.repeat(40)

/** A cache with a model of two revisions, main and v1; nothing else can be had, since the hub is not asked. */
const cached = async (): Promise<string> => {
  const cache = await freshDirectory()
  const place = join(cache, 'models--org--tiny')
  const [main, older] = [MAIN, OLDER].map((commit) => join(place, 'snapshots', commit))
  for (const folder of [main!, older!]) await cp(await tinyModel(), folder, { recursive: true })
  const config = JSON.parse(await readFile(join(older!, 'config.json'), 'utf8')) as Record<string, unknown>
  const policy = randomPolicy(config, { seed: 9, train: 'none' })
  if (E.isLeft(policy)) throw policy.left
  const other = join(await freshDirectory(), 'other')
  await orThrow(savePretrained(policy.right, null, other))
  await cp(join(other, 'model.safetensors'), join(older!, 'model.safetensors'))
  await mkdir(join(place, 'refs'))
  await writeFile(join(place, 'refs', 'main'), MAIN)
  await writeFile(join(place, 'refs', 'v1'), OLDER)
  return cache
}

beforeAll(async () => {
  vi.stubEnv('HF_HUB_CACHE', await cached())
  vi.stubEnv('HF_HUB_OFFLINE', '1')
})
afterAll(() => vi.unstubAllEnvs())

const TINY = ['--model', 'org/tiny'] as const
const score = async (...more: readonly string[]): Promise<readonly number[]> =>
  ((await runJson('score', ...more, '--text', 'the fox found a lamp .')) as { readonly logprobs: readonly number[] })
    .logprobs

test('score takes a branch, a tag or a commit of the model', async () => {
  const older = await score(...TINY, '--revision', 'v1')
  expect(older).toEqual(await score(...TINY, '--revision', OLDER))
  expect(older).not.toEqual(await score(...TINY))
  const { code, out } = await runCli('score', ...TINY, '--revision', 'v2', '--text', 'the', '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'ModelNotFound'])
})

test('sample and export take the same', async () => {
  const sample = (...more: readonly string[]) => runJson('sample', ...TINY, ...more, '--prompt', 'the fox', '-n', '4')
  expect(await sample('--revision', 'v1')).not.toEqual(await sample())
  const output = join(await freshDirectory(), 'out')
  await runJson('export', ...TINY, '--revision', 'v1', '--format', 'safetensors', '--output', output)
  await cp(
    join(process.env['HF_HUB_CACHE']!, 'models--org--tiny/snapshots', MAIN, 'tokenizer.json'),
    join(output, 'tokenizer.json'),
  )
  expect(await score('--model', output)).toEqual(await score(...TINY, '--revision', 'v1'))
})

test('a config names it, eval and train replace it, and another model has none of it', async () => {
  const config = await writeConfig({
    model: 'org/tiny',
    revision: 'v1',
    prompts: 'prompts.jsonl',
    mdp: { stop: '.', maxNewTokens: 4 },
    adapter: { r: 2 },
    sampling: { perPrompt: 2 },
    steps: 1,
    evaluation: { prompts: 0 },
  })
  const evaluate = (...more: readonly string[]) =>
    runJson('eval', '--config', config, '-n', '2', '--limit', '1', ...more)
  const [older, main] = [await evaluate(), await evaluate('--revision', 'main')]
  expect(older).not.toEqual(main)
  expect(await evaluate(...TINY)).toEqual(main)
  expect(await evaluate(...TINY, '--revision', OLDER)).toEqual(older)

  const output = join(await freshDirectory(), 'run')
  await runJson('train', config, '--revision', OLDER, '--output', output)
  expect(JSON.parse(await readFile(join(output, 'config.json'), 'utf8'))).toMatchObject({ revision: OLDER })
  const { code, err } = await runCli('train', config, '--output', output, '--resume', '--json')
  expect([code, err]).toEqual([0, expect.stringContaining('changed since this run began: revision')])
})

test('a config without one has none', async () => {
  const config = readConfig(await writeConfig({ model: 'org/tiny', revision: null, prompts: 'prompts.jsonl' }))
  expect(config).toMatchObject({ _tag: 'Right', right: { model: 'org/tiny' } })
  expect(JSON.stringify(config)).not.toContain('revision')
})
