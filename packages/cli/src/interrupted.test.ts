import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readEvents } from '@gfnlm/trainer'
import { beforeAll, expect, test } from 'vitest'
import { runPaths } from './run/run-paths.ts'
import { runJson } from './testing/run-cli.ts'
import { freshDirectory, tinyModel, writeConfig } from './testing/tiny-model.ts'

const BIN = fileURLToPath(new URL('../bin/gfnlm.js', import.meta.url))
const STEPS = 24

const config = await writeConfig({
  model: await tinyModel(),
  prompts: 'prompts.jsonl',
  adapter: { r: 16 },
  mdp: { stop: '.', maxNewTokens: 4, minNewTokens: 1 },
  sampling: { perPrompt: 4 },
  replay: { perPrompt: 2 },
  optimizer: { learningRate: 0.01 },
  steps: STEPS,
  promptsPerStep: 2,
  checkpoint: { every: 2, keep: 3 },
  evaluation: { prompts: 0 },
})
const adapterBytes = (output: string): Promise<Buffer> =>
  readFile(join(runPaths(output).adapter, 'adapter_model.safetensors'))
const checkpoint = (output: string, step: number): string =>
  join(runPaths(output).checkpoints, `step-${String(step).padStart(8, '0')}`)
const start = (output: string, ...argv: readonly string[]): ChildProcess =>
  spawn(process.execPath, [BIN, 'train', config, '--output', output, ...argv], { stdio: 'ignore' })
const ended = (child: ChildProcess): Promise<number | NodeJS.Signals> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal!)))
const appears = async (path: string): Promise<void> => {
  while (!existsSync(path)) await sleep(2)
}

let expected: Buffer
beforeAll(async () => {
  const output = await freshDirectory()
  await runJson('train', config, '--output', output)
  expected = await adapterBytes(output)
})

test.each([2, 6])(
  'killed with SIGKILL after the checkpoint of step %i and resumed, a run gives the bytes of one never killed',
  async (step) => {
    const output = await freshDirectory()
    const child = start(output)
    const end = ended(child)
    await appears(checkpoint(output, step))
    child.kill('SIGKILL')
    expect(await end).toBe('SIGKILL')
    expect(existsSync(runPaths(output).adapter)).toBe(false)
    await runJson('train', config, '--output', output, '--resume')
    expect((await adapterBytes(output)).equals(expected)).toBe(true)
    const told = readEvents(runPaths(output).metrics).events.flatMap((event) =>
      event.type === 'step' ? event.step : [],
    )
    expect(told).toEqual(Array.from({ length: STEPS }, (_, step) => step))
  },
)

test('Ctrl-C finishes the step, writes a checkpoint and exits with 130', async () => {
  const output = await freshDirectory()
  const child = start(output, '--set', 'steps=100000', '--set', 'checkpoint.every=100000')
  const end = ended(child)
  await appears(runPaths(output).metrics)
  while (!(await readFile(runPaths(output).metrics, 'utf8')).includes('"type":"step"')) await sleep(5)
  child.kill('SIGINT')
  expect(await end).toBe(130)
  expect(await readdir(runPaths(output).checkpoints)).toEqual([expect.stringMatching(/^step-\d{8}$/)])
})

/** A shell whose files may not grow past this many KiB: to a process, a disk that is full. */
const limited = (kib: number, command: string): { readonly code: number; readonly err: string } => {
  try {
    execFileSync('bash', ['-c', `ulimit -f ${kib}; exec ${command}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    return { code: 0, err: '' }
  } catch (failed) {
    const { status, stderr } = failed as { status: number; stderr: string }
    return { code: status, err: stderr }
  }
}

test.skipIf(process.platform === 'win32')(
  'a full disk is a tagged error that costs no earlier checkpoint',
  async () => {
    const output = await freshDirectory()
    await runJson('train', config, '--output', output, '--set', 'steps=4')
    const run = `'${process.execPath}' '${BIN}' train '${config}' --output '${output}' --resume`
    const { code, err } = limited(16, run)
    expect(code).toBe(1)
    expect(err).toMatch(/error: the checkpoint of step 6 could not be written to .*\nfix: Free some space and resume/)
    expect(await readdir(runPaths(output).checkpoints)).toEqual(['step-00000002', 'step-00000004'])
    await runJson('train', config, '--output', output, '--resume')
    expect((await adapterBytes(output)).equals(expected)).toBe(true)
  },
)
