import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromPretrained, lora, saveAdapter } from '@gfnlm/policy'
import { hostTensor } from '@gfnlm/jit'
import { expect, test } from 'vitest'
import { orThrow } from '../or-throw.ts'
import { runCli, runJson } from '../testing/run-cli.ts'
import { freshDirectory, tinyModel } from '../testing/tiny-model.ts'

const model = await tinyModel()

/** An adapter that changes what the model says. */
const adapterOf = async (): Promise<string> => {
  const directory = await freshDirectory()
  const policy = await fromPretrained(model, { adapter: lora({ r: 2, seed: 4 }) })
  const moved = Object.entries(policy.trainable).map(
    ([name, { data, shape }]) =>
      [
        name,
        hostTensor(
          Float32Array.from(data, (x, i) => x + 0.3 * Math.sin(i)),
          shape,
        ),
      ] as const,
  )
  await orThrow(saveAdapter(policy, Object.fromEntries(moved), directory))
  return directory
}
const adapter = await adapterOf()
/** The model's tokenizer, of whole words, is none of llama.cpp's. */
const IDS = ['--input', 'ids'] as const
const place = async (name: string): Promise<string> => join(await freshDirectory(), name)
const logprobs = async (...argv: readonly string[]): Promise<readonly number[]> =>
  ((await runJson('score', ...argv, '--text', 'the fox found a lamp .')) as { readonly logprobs: readonly number[] })
    .logprobs

test('a checkpoint has the adapter merged: it scores as model and adapter do', async () => {
  const output = await place('merged')
  expect(
    await runJson('export', '--model', model, '--adapter', adapter, '--format', 'safetensors', '--output', output),
  ).toMatchObject({
    output,
    format: 'safetensors',
    dtype: 'F32',
    adapter,
  })
  const [merged, adapted, plain] = [
    await logprobs('--model', output),
    await logprobs('--model', model, '--adapter', adapter),
    await logprobs('--model', model),
  ]
  merged.forEach((x, i) => expect(x).toBeCloseTo(adapted[i]!, 5))
  expect(merged.some((x, i) => Math.abs(x - plain[i]!) > 0.01)).toBe(true)
})

test('a GGUF file has the numbers of the merged checkpoint, to the bit', async () => {
  const [direct, merged, twice, plain] = [
    await place('a.gguf'),
    await place('merged'),
    await place('b.gguf'),
    await place('c.gguf'),
  ]
  const written = await runJson('export', '--model', model, '--adapter', adapter, ...IDS, '--output', direct)
  expect(written).toMatchObject({
    format: 'gguf',
    tokenizer: 'ids',
    bytes: (await readFile(direct)).length,
    notes: [expect.stringContaining('token ids, not text')],
  })
  await runJson('export', '--model', model, '--adapter', adapter, '--format', 'safetensors', '--output', merged)
  await runJson('export', '--model', merged, ...IDS, '--output', twice)
  await runJson('export', '--model', model, ...IDS, '--output', plain)
  const numbers = async (file: string): Promise<Buffer> => (await readFile(file)).subarray(-4096)
  expect((await readFile(direct)).toString('latin1', 0, 4)).toBe('GGUF')
  expect((await numbers(direct)).equals(await numbers(twice))).toBe(true)
  expect((await numbers(direct)).equals(await numbers(plain))).toBe(false)
})

test('narrower matrices make a smaller file', async () => {
  const sizes = await Promise.all(
    ['f32', 'bf16'].map(
      async (dtype) =>
        (
          (await runJson('export', '--model', model, ...IDS, '--output', await place('x.gguf'), '--dtype', dtype)) as {
            readonly bytes: number
          }
        ).bytes,
    ),
  )
  expect(sizes[1]!).toBeLessThan(sizes[0]!)
})

test('a person is told what was written, and that the file takes no text', async () => {
  const output = await place('x.gguf')
  const { code, out, err } = await runCli('export', '--model', model, '--adapter', adapter, ...IDS, '--output', output)
  expect(code).toBe(0)
  expect(out).toMatch(/x\.gguf: gguf, f32, 0\.\d MB, .* merged\n$/)
  expect(err).toContain('token ids, not text')
})

test('a tokenizer that llama.cpp has not is a fault by the name of its feature, and leaves no file', async () => {
  const output = await place('x.gguf')
  const { code, out } = await runCli('export', '--model', model, '--output', output, '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'TokenizerUnsupported'])
  expect(JSON.parse(out).error.message).toContain('model.type is "WordLevel"')
  expect(existsSync(output)).toBe(false)
})

test('what is there already is never written over', async () => {
  const output = await place('mine.gguf')
  await writeFile(output, 'mine')
  const { code, out } = await runCli('export', '--model', model, '--output', output, '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'OutputInUse'])
  expect(await readFile(output, 'utf8')).toBe('mine')
})

test('a model that llama.cpp would compute differently is a fault, and leaves no file', async () => {
  const [directory, output] = [await place('model'), await place('x.gguf')]
  await mkdir(directory)
  for (const file of ['config.json', 'model.safetensors'])
    await writeFile(join(directory, file), await readFile(join(model, file)))
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as object
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, hidden_act: 'gelu_new' }))
  const { code, out } = await runCli('export', '--model', directory, '--output', output, '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([1, 'ArchitectureUnknown'])
  expect(existsSync(output)).toBe(false)
})

test.each([
  ['an unknown format', ['--format', 'onnx'], 2, 'Usage'],
  ['an unknown input', ['--input', 'images'], 2, 'Usage'],
  ['an unknown dtype', ['--dtype', 'q4'], 2, 'Usage'],
  ['an adapter that is not there', ['--adapter', './no-adapter'], 1, 'ModelNotFound'],
])('%s is a fault', async (_, argv, exit, tag) => {
  const { code, out } = await runCli('export', '--model', model, '--output', await place('x.gguf'), ...argv, '--json')
  expect([code, JSON.parse(out).error.tag]).toEqual([exit, tag])
})
