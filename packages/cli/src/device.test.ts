import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { deviceFor, restoreUtil } from './device.ts'
import { runCli, runJson } from './testing/run-cli.ts'
import { freshDirectory, tinyModel, writeConfig } from './testing/tiny-model.ts'

const model = await tinyModel()
const heard = (): { readonly lines: string[]; readonly write: (text: string) => unknown } => {
  const lines: string[] = []
  return { lines, write: (text) => lines.push(text) }
}

test.each([
  [undefined, 'tfjs:cpu', 'tfjs:cpu'],
  ['onnx', 'webgpu', 'webgpu'],
  ['onnx', 'tfjs:wasm', 'cpu'],
  ['tfjs', 'tfjs:cpu', 'tfjs:cpu'],
])('engine %s and device %s are device %s', async (engine, device, expected) => {
  const terminal = heard()
  expect(await deviceFor(engine, device, terminal)()).toMatchObject({ right: expected })
  expect(terminal.lines).toEqual([])
})

test('engine tfjs takes the fastest backend that is installed, and says which and what is missing', async () => {
  const terminal = heard()
  // tfjs-node is no dependency of this repository
  expect(await deviceFor('tfjs', 'cpu', terminal)()).toMatchObject({ right: 'tfjs:wasm' })
  expect(terminal.lines).toEqual([
    'engine tfjs: device tfjs:wasm (@tensorflow/tfjs-backend-wasm); not installed: @tensorflow/tfjs-node-gpu, @tensorflow/tfjs-node\n',
  ])
})

test('another engine is a usage fault', async () => {
  expect(await runCli('score', '--model', model, '--text', 'the', '--engine', 'torch')).toEqual({
    code: 2,
    out: '',
    err: 'error: there is no engine "torch". Take --engine onnx or --engine tfjs (see --help)\n',
  })
})

test('every command gives on engine tfjs what it gives compiled', async () => {
  const score = (...argv: readonly string[]): Promise<{ readonly logprobs: readonly number[] }> =>
    runJson('score', '--model', model, '--text', 'the fox found a lamp .', ...argv)
  const [onnx, tfjs] = [await score('--engine', 'onnx'), await score('--engine', 'tfjs')]
  onnx.logprobs.forEach((x, i) => expect(tfjs.logprobs[i]).toBeCloseTo(x, 4))
  const sample = (engine: string) =>
    runCli(
      'sample',
      '--model',
      model,
      '--prompt',
      'the fox',
      '-n',
      '3',
      '--max-new-tokens',
      '4',
      '--json',
      '--engine',
      engine,
    )
  const texts = ({ out }: { readonly out: string }): unknown =>
    (JSON.parse(out) as { completions: { text: string }[] }).completions.map(({ text }) => text)
  expect(texts(await sample('tfjs'))).toEqual(texts(await sample('onnx')))
  const config = await writeConfig({
    model,
    prompts: 'prompts.jsonl',
    adapter: { r: 2 },
    mdp: { stop: '.', maxNewTokens: 3, minNewTokens: 1 },
    sampling: { perPrompt: 2 },
    steps: 1,
    promptsPerStep: 1,
    evaluation: { prompts: 0 },
  })
  const train = async (engine: string): Promise<number> =>
    (
      (await runJson('train', config, '--output', await freshDirectory(), '--engine', engine)) as {
        metrics: { loss: number }
      }
    ).metrics.loss
  expect(await train('tfjs')).toBeCloseTo(await train('onnx'), 4)
  const evaluate = async (engine: string): Promise<number> =>
    (
      (await runJson('eval', '--config', config, '-n', '2', '--limit', '1', '--engine', engine)) as {
        base: Record<string, number>
      }
    ).base['log_reward']!
  expect(await evaluate('tfjs')).toBeCloseTo(await evaluate('onnx'), 4)
})

test('what Node 23 took out of util is put back, and what is there is left', () => {
  const util = { isArray: () => 'there' } as { isArray?: () => string; isNullOrUndefined?: (x: unknown) => boolean }
  restoreUtil(util)
  expect(util.isArray!()).toBe('there')
  expect([null, undefined, 0, ''].map(util.isNullOrUndefined!)).toEqual([true, true, false, false])
})

const BIN = fileURLToPath(new URL('../bin/gfnlm.js', import.meta.url))

test('--profile writes where the time of a command went', async () => {
  const folder = join(await freshDirectory(), 'profile')
  const { stderr } = await promisify(execFile)(process.execPath, [
    BIN,
    'score',
    '--model',
    model,
    '--text',
    'the fox',
    '--profile',
    folder,
  ])
  expect(stderr).toMatch(/^profile: .*profile-\d+-\d+\.txt, .*trace-\d+-\d+\.json\n$/)
  const [table] = (await readdir(folder)).filter((name) => name.endsWith('.txt'))
  expect(await readFile(join(folder, table!), 'utf8')).toMatch(/\| \d+: ids \[1, 3\] → logProbs +\|/)
})
