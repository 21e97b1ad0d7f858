import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import { saveAdapter, savePretrained } from '../save-pretrained.ts'
import { type Files, type LocalHub, localHub } from '../testing/local-hub.ts'
import { movedPolicy } from '../testing/moved.ts'
import { SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { lora } from './lora.ts'
import { readAdapters } from './read-adapters.ts'
import { resolveAdapter } from './resolve-adapter.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const OLDER = 'fedcba9876543210fedcba9876543210fedcba98'

const now = movedPolicy(SMALL_LLAMA)
const before = movedPolicy(SMALL_LLAMA, lora({ r: 2, seed: 9, targets: ['v_proj'] }))

let hub: LocalHub | undefined
afterEach(() => {
  hub?.close()
  vi.unstubAllEnvs()
})

const filesOf = async ({ trainable, ...policy }: typeof now): Promise<Files> => {
  const directory = await freshDirectory()
  rightOf(await saveAdapter({ ...policy, trainable }, trainable, directory)())
  const names = await readdir(directory)
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))])))
}

/** A hub whose `main` has one adapter, and whose tag v1 and older commit have another. */
const withHub = async () => {
  vi.stubEnv('HF_TOKEN', '')
  vi.stubEnv('HF_HOME', await freshDirectory())
  hub = await localHub({ [COMMIT]: await filesOf(now), [OLDER]: await filesOf(before) }, { branches: { v1: OLDER } })
  return { cacheDir: await freshDirectory(), hubUrl: hub.url }
}

describe('adapters of the hub', () => {
  it('are read beside directories, each at the revision that is named with it', async () => {
    const options = await withHub()
    const directory = await freshDirectory()
    rightOf(await saveAdapter(now, now.trainable, directory)())
    const places = { here: directory, main: 'org/tiny', tag: 'org/tiny@v1', commit: `org/tiny@${OLDER}` }
    const read = rightOf(await readAdapters(now, places, options)())
    expect(read.here).toEqual(now.trainable)
    expect(read.main).toEqual(now.trainable)
    expect(read.tag).toEqual(before.trainable)
    expect(read.commit).toEqual(before.trainable)
    const untouched: typeof fetch = () => expect.unreachable('the network was touched')
    expect(await readAdapters(now, places, { ...options, offline: true, fetch: untouched })()).toEqual(
      await readAdapters(now, places, options)(),
    )
  })

  it('load with a model, whose revision is its own', async () => {
    const options = await withHub()
    const model = await freshDirectory()
    rightOf(await savePretrained(now, null, model)())
    const policy = await fromPretrained(model, { ...options, revision: 'the-models', adapter: 'org/tiny@v1' })
    expect(policy.trainable).toEqual(before.trainable)
    expect((await fromPretrained(model, { ...options, adapter: 'org/tiny' })).trainable).toEqual(now.trainable)
  })

  it('that are not there are a fault which says where they were looked for', async () => {
    const options = await withHub()
    expect(leftOf(await readAdapters(now, { a: 'org/tiny@v2' }, options)())).toMatchObject({
      _tag: 'ModelNotFound',
      message: expect.stringContaining('v2'),
    })
    expect(leftOf(await resolveAdapter('org/tiny@', options)())).toMatchObject({ _tag: 'ModelNotFound' })
    expect(leftOf(await resolveAdapter('./no@v1', options)()).message).toContain('no directory ./no@v1')
  })
})

it('a directory may have an @ in its name', async () => {
  const directory = join(await freshDirectory(), 'adapter@v1')
  await mkdir(directory)
  expect(rightOf(await resolveAdapter(directory)())).toBe(directory)
})
