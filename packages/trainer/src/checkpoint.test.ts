import { isLeft } from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostTensor } from '@gfnlm/jit'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type Checkpoint, checkpointSteps, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { parameterLayout } from './parameter-vector.ts'

const a = hostTensor(new Float32Array(4), [2, 2])
const z = hostTensor(new Float32Array(1), [])
const layout = parameterLayout({ 'policy:a': a, 'task:z': z })

/** Numbers that a text format would lose: denormal, −0, one bit above 1, the largest, not a number. */
const hard = Float32Array.of(1e-45, -0, 1.0000001, 3.4028235e38, NaN)
const at = (step: number): Checkpoint => ({
  state: { step, parameters: hard, moments: { m: hard.map((x) => x / 2), v: hard.map((x) => x * x) } },
  seed: 42,
  carried: { buffer: { entries: [[1, 'b', null]] } },
})

const made: string[] = []
let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gfnlm-checkpoint-'))
  made.push(directory)
})
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))))

const right = async <A>(task: TE.TaskEither<Error, A>): Promise<A> => {
  const result = await task()
  if (isLeft(result)) throw result.left
  return result.right
}
const save = (checkpoint: Checkpoint, keep?: number): Promise<string> =>
  right(saveCheckpoint(directory, layout, checkpoint, keep))
const load = (of = layout): Promise<Checkpoint | undefined> => right(loadCheckpoint(directory, of))
const bytes = (numbers: Float32Array | undefined): number[] => [...new Uint8Array(Float32Array.from(numbers!).buffer)]

test('what is loaded is what was saved, to the bit', async () => {
  expect(await save(at(12))).toBe(join(directory, 'step-00000012'))
  const found = (await load())!
  expect(found.state.step).toBe(12)
  expect(bytes(found.state.parameters)).toEqual(bytes(hard))
  expect(bytes(found.state.moments['m'])).toEqual(bytes(at(12).state.moments['m']))
  expect(bytes(found.state.moments['v'])).toEqual(bytes(at(12).state.moments['v']))
  expect([found.seed, found.carried]).toEqual([42, at(12).carried])
})

test('no directory and an empty one have no checkpoint', async () => {
  expect(await load()).toBeUndefined()
  directory = join(directory, 'nowhere')
  expect(await load()).toBeUndefined()
})

test('the newest is loaded, the oldest are removed beyond those to keep', async () => {
  for (const step of [1, 2, 3, 10]) await save(at(step), 3)
  expect(await checkpointSteps(directory)).toEqual([2, 3, 10])
  expect((await load())!.state.step).toBe(10)
})

test.each([0, -1, 1.5, NaN])('to keep %s is refused, and nothing is written', async (keep) => {
  expect(() => saveCheckpoint(directory, layout, at(1), keep)).toThrow(
    `saveCheckpoint: keep must be a whole number of at least 1, found ${keep}`,
  )
  expect(await readdir(directory)).toEqual([])
})

test('a step of nine digits has its checkpoint, too', async () => {
  await save(at(99_999_999))
  await save(at(123_456_789))
  expect(await checkpointSteps(directory)).toEqual([99_999_999, 123_456_789])
  expect((await load())!.state.step).toBe(123_456_789)
})

test('a checkpoint whose successor a kill kept from its place is found where it was put aside', async () => {
  const [place, aside] = ['step-00000005', 'step-00000005.former'].map((name) => join(directory, name))
  await save(at(5))
  await rename(place!, aside!)
  expect(await checkpointSteps(directory)).toEqual([5])
  expect((await load())!.state.step).toBe(5)
  await save({ ...at(5), seed: 43 })
  expect((await load())!.seed).toBe(43)
  expect(await readdir(directory)).toEqual(['step-00000005'])
})

test('a save removes what kills left of other steps, and keeps a checkpoint that was put aside', async () => {
  for (const step of [1, 2]) await save(at(step))
  await rename(join(directory, 'step-00000002'), join(directory, 'step-00000002.former'))
  for (const left of ['step-00000007.incomplete', 'step-00000001.former', 'my notes'])
    await mkdir(join(directory, left))
  await save(at(3))
  expect((await readdir(directory)).sort()).toEqual(['my notes', 'step-00000002.former', 'step-00000003'])
  await save(at(4))
  expect((await readdir(directory)).sort()).toEqual(['my notes', 'step-00000003', 'step-00000004'])
})

test('what a killed run left half written is ignored, and overwritten later', async () => {
  await save(at(1))
  await mkdir(join(directory, 'step-00000002.incomplete'))
  await writeFile(join(directory, 'step-00000002.incomplete', 'state.safetensors'), 'half')
  expect((await load())!.state.step).toBe(1)
  await save(at(2))
  expect((await load())!.state.step).toBe(2)
  expect((await readdir(directory)).sort()).toEqual(['step-00000001', 'step-00000002'])
})

test('a write that fails is a fault, leaves the earlier ones whole and nothing half written', async () => {
  await save(at(1))
  const before = await readFile(join(directory, 'step-00000001', 'state.safetensors'))
  const full = {
    get buffer(): never {
      throw new Error('ENOSPC: no space left on device, write')
    },
  }
  const result = await saveCheckpoint(directory, layout, { ...at(2), carried: full }, 1)()
  expect(isLeft(result) && result.left._tag).toBe('CheckpointFailed')
  expect(isLeft(result) && result.left.message).toMatch(/step 2 could not be written to .*ENOSPC/)
  expect(await readdir(directory)).toEqual(['step-00000001'])
  expect(await readFile(join(directory, 'step-00000001', 'state.safetensors'))).toEqual(before)
  expect((await load())!.state.step).toBe(1)
})

test('a place that is no directory is a fault', async () => {
  directory = join(directory, 'a-file')
  await writeFile(directory, 'x')
  const result = await saveCheckpoint(directory, layout, at(1))()
  expect(isLeft(result) && result.left._tag).toBe('CheckpointFailed')
  const loaded = await loadCheckpoint(directory, layout)()
  expect(isLeft(loaded) && loaded.left._tag).toBe('CheckpointInvalid')
  expect(isLeft(loaded) && loaded.left.message).toMatch(/a-file.*ENOTDIR/)
})

test.each([
  [
    'a wider adapter',
    { 'policy:a': hostTensor(new Float32Array(6), [2, 3]), 'task:z': z },
    /no parameter 'policy:a' of shape \[2, 3\]/,
  ],
  ['another layer', { 'policy:a': a, 'policy:b': a, 'task:z': z }, /no parameter 'policy:b'/],
  ['an objective without its own parameter', { 'policy:a': a }, /a parameter\/task:z that nothing here learns/],
])('%s is a fault that names the parameter', async (_, parameters, message) => {
  await save(at(1))
  const result = await loadCheckpoint(directory, parameterLayout(parameters))()
  expect(isLeft(result) && result.left._tag).toBe('CheckpointInvalid')
  expect(isLeft(result) && result.left.message).toMatch(message)
})

test.each(['state.safetensors', 'run.json'])('a truncated %s is a fault that names the checkpoint', async (name) => {
  await save(at(1))
  await truncate(join(directory, 'step-00000001', name), 20)
  const result = await loadCheckpoint(directory, layout)()
  expect(isLeft(result) && result.left._tag).toBe('CheckpointInvalid')
  expect(isLeft(result) && result.left.message).toContain('step-00000001')
})
