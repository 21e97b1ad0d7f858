import { scanCacheDir } from '@huggingface/hub'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadPolicy } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { type Files, type LocalHub, type Mischief, gitSha1, localHub, sha256 } from '../testing/local-hub.ts'
import { SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { lockFile } from './hub-cache.ts'
import { type HubOptions, type HubProgress, isHubId, isRevision } from './hub-source.ts'
import { resolveModel } from './resolve-model.ts'

// Waits between attempts are short here.
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>()
  return { ...timers, setTimeout: (ms: number) => timers.setTimeout(Math.min(ms, 10)) }
})

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const OLDER = 'fedcba9876543210fedcba9876543210fedcba98'
const WEIGHTS = 'model.safetensors'

let saved: Files = {}
let cacheDir = ''
let hub: LocalHub | undefined

/** Starts a hub and says how to use it. */
const use = async (
  mischief: Mischief = {},
  commits: Readonly<Record<string, Files>> = { [COMMIT]: saved },
): Promise<HubOptions> => {
  hub?.close()
  hub = await localHub(commits, mischief)
  return { cacheDir, hubUrl: hub.url }
}
const pathsAsked = (): readonly string[] => hub!.asked.map(({ path }) => path)
const resolved = async (options: HubOptions): Promise<string> => rightOf(await resolveModel('org/tiny', options)())
const faultOf = async (options: HubOptions) => leftOf(await resolveModel('org/tiny', options)())
const model = (): string => join(cacheDir, 'models--org--tiny')
const blobs = (): readonly string[] => (existsSync(join(model(), 'blobs')) ? readdirSync(join(model(), 'blobs')) : [])
const untouched: typeof fetch = () => {
  throw new Error('the network was touched')
}

beforeAll(async () => {
  const directory = await freshDirectory()
  rightOf(await savePretrained(rightOf(randomPolicy(SMALL_LLAMA, { seed: 1 })), null, directory)())
  const files: Record<string, Uint8Array> = { 'README.md': Buffer.from('#'), 'pytorch_model.bin': Buffer.from('x') }
  for (const name of await readdir(directory)) files[name] = await readFile(join(directory, name))
  saved = files
})
beforeEach(async () => {
  vi.stubEnv('HF_TOKEN', '')
  vi.stubEnv('HF_TOKEN_PATH', undefined)
  vi.stubEnv('HF_HOME', await freshDirectory())
  cacheDir = await freshDirectory()
})
afterEach(() => {
  hub?.close()
  hub = undefined
  vi.unstubAllEnvs()
})

describe('a model of the hub', () => {
  it('is downloaded once, only what is read, into the cache as Python lays it out', async () => {
    const options = await use()
    const folder = await resolved(options)
    expect(folder).toBe(join(model(), 'snapshots', COMMIT))
    expect((await readdir(folder)).sort()).toEqual(['config.json', WEIGHTS])
    expect(await readlink(join(folder, WEIGHTS))).toBe(join('..', '..', 'blobs', sha256(saved[WEIGHTS])))
    expect(await readlink(join(folder, 'config.json'))).toBe(join('..', '..', 'blobs', gitSha1(saved['config.json'])))
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
    expect(await readFile(join(model(), 'refs', 'main'), 'utf8')).toBe(COMMIT)
    hub!.asked.length = 0
    expect(await resolved(options)).toBe(folder)
    expect(pathsAsked()).toEqual(['GET /api/models/org/tiny/revision/main'])
  })

  it('has other weights where they are asked for, with what they keep beside them', async () => {
    const parts = ['onnx/model.onnx', 'onnx/model.onnx_data']
    const files = { ...saved, ...Object.fromEntries(parts.map((path) => [path, Buffer.from(path)])) }
    const options = { ...(await use({}, { [COMMIT]: files })), weights: 'onnx/model.onnx' }
    const folder = await resolved(options)
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(['config.json', 'onnx', ...parts])
    expect(await readFile(join(folder, parts[1]), 'utf8')).toBe(parts[1])
    expect(await resolved({ cacheDir, offline: true, fetch: untouched, weights: 'onnx/model.onnx' })).toBe(folder)
    expect(await faultOf({ ...options, weights: 'onnx/model_q4.onnx' })).toMatchObject({
      _tag: 'ModelNotFound',
      message: expect.stringContaining('It has onnx/model.onnx'),
    })
  })

  /** A hub that lists a path and has contents wherever that path leads. */
  const listing = async (path: string): Promise<HubOptions> => {
    const files = { ...saved, 'onnx/model.onnx': Buffer.from('model'), [path]: Buffer.from('planted') }
    const options = await use({}, { [COMMIT]: files })
    const plant: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      return answer.status === 404 ? new Response('planted') : answer
    }
    return { ...options, fetch: plant }
  }

  it('takes external data by its exact name, wherever a hub says that it is', async () => {
    const outside = await listing('onnx/model.onnx_data/../../../../../newfile.txt')
    const folder = await resolved({ ...outside, weights: 'onnx/model.onnx' })
    expect(readdirSync(cacheDir)).not.toContain('newfile.txt')
    expect(readdirSync(join(folder, 'onnx'))).toEqual(['model.onnx'])
    const parts = ['model.onnx', 'model.onnx_data', 'model.onnx_data_1']
    const names = [...parts, 'model.onnx_data.bak', 'modelXonnx_data'].map((name) => `onnx/${name}`)
    const files = { ...saved, ...Object.fromEntries(names.map((name) => [name, Buffer.from(name)])) }
    const whole = await resolved({ ...(await use({}, { [OLDER]: files })), weights: 'onnx/model.onnx' })
    expect(readdirSync(join(whole, 'onnx')).sort()).toEqual(parts)
  })

  it.each([
    '../../../../evil.onnx',
    '/../../../evil.onnx',
    'onnx//evil.onnx',
    './evil.onnx',
    'a\\..\\evil.onnx',
    'C:/x.onnx',
  ])('has no file outside of its folder: %s', async (path) => {
    const fault = await faultOf({ ...(await listing(path)), weights: path })
    expect([fault._tag, fault.detail['path']]).toEqual(['HubFailed', path])
    expect(readdirSync(cacheDir)).not.toContain('evil.onnx')
  })

  it('is seen in the cache by the scanner of another library', async () => {
    await resolved(await use())
    const { repos, warnings } = await scanCacheDir(cacheDir)
    const [{ id, revisions }] = repos
    const [{ commitOid, refs, files }] = revisions
    expect([warnings, id, commitOid, refs]).toEqual([[], { name: 'org/tiny', type: 'model' }, COMMIT, ['main']])
    const sizes = ['config.json', WEIGHTS].map((file) => saved[file].length)
    expect(files.map(({ blob }) => blob.size).sort()).toEqual(sizes.sort())
  })

  it('tells how far it is, and ends at the whole', async () => {
    const told: HubProgress[] = []
    await resolved({ ...(await use()), onProgress: (progress) => told.push(progress) })
    const size = saved[WEIGHTS].length
    const received = told.filter(({ file }) => file === WEIGHTS).map((progress) => progress.received)
    expect([received[0], received.at(-1)]).toEqual([0, size])
    expect(told.at(-1)).toEqual({ model: 'org/tiny', file: WEIGHTS, received: size, size })
  })

  it('loads, and offline loads again without a request', async () => {
    const online = rightOf(await loadPolicy('org/tiny', await use())())
    const offline = rightOf(await loadPolicy('org/tiny', { cacheDir, offline: true, fetch: untouched })())
    expect(offline.constants).toEqual(online.constants)
    expect(offline.name).toBe('org/tiny')
  })

  it('is where HF_HOME or HF_HUB_CACHE, HF_ENDPOINT and HF_HUB_OFFLINE say', async () => {
    await use()
    const home = await freshDirectory()
    vi.stubEnv('HF_ENDPOINT', `${hub!.url}/`)
    vi.stubEnv('HF_HOME', home)
    expect(await resolved({})).toBe(join(home, 'hub', 'models--org--tiny', 'snapshots', COMMIT))
    vi.stubEnv('HF_HUB_OFFLINE', '1')
    expect(await resolved({ fetch: untouched })).toBe(join(home, 'hub', 'models--org--tiny', 'snapshots', COMMIT))
    vi.stubEnv('HF_HUB_CACHE', cacheDir)
    expect((await faultOf({ fetch: untouched }))._tag).toBe('ModelNotFound')
  })

  it.each(['v1.0', 'refs/pr/1', OLDER])('at revision %s is the commit that this is', async (revision) => {
    const older = { ...saved, 'config.json': Buffer.from(JSON.stringify({ ...SMALL_LLAMA, rope_theta: 200 })) }
    const branches = { 'v1.0': OLDER, 'refs/pr/1': OLDER }
    const options = await use({ branches }, { [COMMIT]: saved, [OLDER]: older })
    const folder = await resolved({ ...options, revision })
    expect(folder).toBe(join(model(), 'snapshots', OLDER))
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')).rope_theta).toBe(200)
    expect(await resolved({ cacheDir, revision, offline: true, fetch: untouched })).toBe(folder)
    // The same weights are kept once.
    await resolved(options)
    expect(blobs().length).toBe(3)
  })

  it('has the token sent to it, and to nobody it redirects to', async () => {
    await resolved({ ...(await use()), accessToken: 'hf_secret' })
    expect(new Set(hub!.asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']))
    expect(hub!.askedElsewhere.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it('has the token that `hf auth login` wrote where no other is given', async () => {
    const home = await freshDirectory()
    await writeFile(join(home, 'token'), 'hf_saved\n')
    vi.stubEnv('HF_HOME', home)
    const sent = async (options: HubOptions): Promise<string | undefined> => {
      await resolved({ ...(await use()), ...options })
      return hub!.asked[0]!.authorization
    }
    expect(await sent({})).toBe('Bearer hf_saved')
    expect(await sent({ accessToken: '' })).toBeUndefined()
    vi.stubEnv('HF_TOKEN', 'hf_set')
    expect(await sent({})).toBe('Bearer hf_set')
  })
})

describe('shards', () => {
  const index = (map: Readonly<Record<string, string>>): Uint8Array => Buffer.from(JSON.stringify({ weight_map: map }))
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
  const sharded = (map: Readonly<Record<string, string>>): Files => ({
    'config.json': saved['config.json'],
    'model.safetensors.index.json': index(map),
    [names[0]]: Buffer.from('one'),
    [names[1]]: Buffer.from('two'),
    'consolidated.safetensors': Buffer.from('all'),
  })

  it('are those that the index names', async () => {
    const folder = await resolved(await use({}, { [COMMIT]: sharded({ a: names[0], b: names[1], c: names[0] }) }))
    expect((await readdir(folder)).sort()).toEqual(['config.json', ...names, 'model.safetensors.index.json'].sort())
    await rm(join(folder, names[1]))
    const fault = await faultOf({ cacheDir, offline: true })
    expect([fault._tag, fault.message]).toEqual(['ModelNotFound', expect.stringContaining(names[1])])
  })

  it.each(['model-9.safetensors', '../../refs/main', '/etc/passwd'])('that are not there (%s) fail', async (shard) => {
    expect((await faultOf(await use({}, { [COMMIT]: sharded({ a: shard }) })))._tag).toBe('WeightsCorrupt')
  })

  it('are a fault where the index is none', async () => {
    const files = { ...sharded({}), 'model.safetensors.index.json': Buffer.from('{') }
    expect((await faultOf(await use({}, { [COMMIT]: files })))._tag).toBe('WeightsCorrupt')
  })

  it('are left where one file has all', async () => {
    const files = { ...sharded({ a: names[0] }), [WEIGHTS]: saved[WEIGHTS] }
    const folder = await resolved(await use({}, { [COMMIT]: files }))
    expect((await readdir(folder)).sort()).toEqual(['config.json', WEIGHTS])
  })
})

it('an adapter comes with its heads and without a model', async () => {
  const names = ['adapter_config.json', 'adapter_model.safetensors', 'value_head.safetensors']
  const files = Object.fromEntries([...names, 'training_args.bin'].map((name) => [name, Buffer.from(name)]))
  const folder = await resolved(await use({}, { [COMMIT]: files }))
  expect((await readdir(folder)).sort()).toEqual(names)
  await rm(join(folder, 'adapter_model.safetensors'))
  expect((await faultOf({ cacheDir, offline: true })).message).toContain('adapter_model.safetensors')
})

describe('a download that is interrupted', () => {
  const rangesOf = (): readonly (string | undefined)[] => hub!.askedElsewhere.map(({ range }) => range)

  it('goes on where the connection broke', async () => {
    const cut: Mischief['cut'] = (file, count) => (file === WEIGHTS && count < 3 ? 700 : undefined)
    const folder = await resolved(await use({ cut }))
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
    expect(rangesOf()).toEqual([undefined, 'bytes=700-', 'bytes=1400-'])
  })

  it('leaves a part that is no file, and that the next call completes', async () => {
    const mischief: Mischief = {
      cut: (file) => (file === WEIGHTS ? 1000 : undefined),
      refuse: (path, count) => (path.startsWith('/cdn/') && count > 1 ? [403] : undefined),
    }
    const fault = await faultOf(await use(mischief))
    expect([fault._tag, fault.message]).toEqual(['HubFailed', expect.stringContaining('403')])
    expect(blobs()).toEqual(expect.arrayContaining([`${sha256(saved[WEIGHTS])}.gfnlm.incomplete`]))
    expect(existsSync(join(model(), 'snapshots', COMMIT, WEIGHTS))).toBe(false)
    expect(existsSync(join(model(), 'refs', 'main'))).toBe(false)
    expect((await faultOf({ cacheDir, revision: COMMIT, offline: true })).message).toContain(WEIGHTS)
    const told: HubProgress[] = []
    const folder = await resolved({ ...(await use()), onProgress: (progress) => told.push(progress) })
    expect([rangesOf(), told[0]!.received]).toEqual([['bytes=1000-'], 1000])
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
  })

  it('gets a new link where the one that it was sent to ran out', async () => {
    const mischief: Mischief = {
      cut: (file, count) => (file === WEIGHTS && count === 1 ? 700 : undefined),
      refuse: (path, count) => (path.startsWith('/cdn/') && count === 2 ? [403] : undefined),
    }
    const folder = await resolved(await use(mischief))
    expect(rangesOf()).toEqual([undefined, 'bytes=700-', 'bytes=700-'])
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
  })

  it('starts again where the server does not know ranges', async () => {
    const cut: Mischief['cut'] = (file, count) => (file === WEIGHTS && count === 1 ? 700 : undefined)
    const folder = await resolved(await use({ ignoresRanges: true, cut }))
    expect(rangesOf()).toEqual([undefined, 'bytes=700-'])
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
  })

  it('is not believed when what was kept is damaged', async () => {
    const kept = join(model(), 'blobs', `${sha256(saved[WEIGHTS])}.gfnlm.incomplete`)
    await mkdir(dirname(kept), { recursive: true })
    await writeFile(kept, Buffer.alloc(500, 7))
    expect(await readFile(join(await resolved(await use()), WEIGHTS))).toEqual(saved[WEIGHTS])
    expect(rangesOf()).toEqual(['bytes=500-', undefined])
    expect(existsSync(kept)).toBe(false)
  })
})

it.each<readonly [string, (bytes: Uint8Array) => Uint8Array]>([
  ['another byte', (bytes) => Buffer.from(bytes).fill(1, 900, 901)],
  ['a byte more', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
  ['a byte less', (bytes) => bytes.subarray(0, -1)],
  ['nothing', () => new Uint8Array(0)],
])('a file with %s is not taken', async (_, alter) => {
  const fault = await faultOf(await use({ alter: (file, bytes) => (file === WEIGHTS ? alter(bytes) : bytes) }))
  expect(fault._tag).toBe('HubFailed')
  expect(blobs()).not.toContain(sha256(saved[WEIGHTS]))
  expect(await readdir(join(model(), 'snapshots', COMMIT))).toEqual(['config.json'])
})

describe('a refusal', () => {
  it.each<readonly [string, readonly [number, string?], string, RegExp]>([
    ['no such model', [404, 'RepoNotFound'], 'ModelNotFound', /no directory org\/tiny.*Check the name/],
    ['no such revision', [404, 'RevisionNotFound'], 'ModelNotFound', /no branch, tag or commit "main"/],
    ['no token', [401, 'RepoNotFound'], 'HubRefused', /without a token.*set HF_TOKEN/],
    ['terms not accepted', [403, 'GatedRepo'], 'HubRefused', /Accept its terms at http/],
    ['terms not accepted, no token', [401, 'GatedRepo'], 'HubRefused', /Accept its terms at http/],
    ['a broken hub', [502], 'HubFailed', /502.*run it again/],
  ])('%s: a fault that says what to do', async (_, answer, tag, says) => {
    const fault = await faultOf(await use({ refuse: () => answer }))
    expect([fault._tag, fault.detail['status']]).toEqual([tag, answer[0]])
    expect(fault.message).toMatch(says)
  })

  it('for the weights leaves what came before, for the next call', async () => {
    const refuse: Mischief['refuse'] = (path) => (path.endsWith(WEIGHTS) ? [403, 'GatedRepo'] : undefined)
    expect((await faultOf(await use({ refuse })))._tag).toBe('HubRefused')
    await resolved(await use())
    expect(pathsAsked().filter((path) => path.includes('config.json'))).toEqual([])
  })

  it('does not matter when the hub is down and the cache has the model', async () => {
    const folder = await resolved(await use())
    expect(await resolved(await use({ refuse: () => [503] }))).toBe(folder)
    const down: typeof fetch = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ENOTFOUND') }))
    expect(await resolved({ cacheDir, fetch: down })).toBe(folder)
    const fault = leftOf(await resolveModel('org/other', { cacheDir, fetch: down })())
    expect([fault._tag, fault.message]).toEqual(['HubFailed', expect.stringContaining('ENOTFOUND')])
  })

  it('to be used at all: an address, a revision and a place that cannot be', async () => {
    expect((await faultOf({ cacheDir, hubUrl: 'hub.local' })).message).toContain('HF_ENDPOINT')
    expect((await faultOf({ cacheDir, revision: '../../up', fetch: untouched })).message).toContain('"../../up"')
    await writeFile(join(cacheDir, 'taken'), '')
    expect((await faultOf({ ...(await use()), cacheDir: join(cacheDir, 'taken') }))._tag).toBe('SaveFailed')
  })
})

describe('two at once', () => {
  const contentsAsked = (): readonly string[] =>
    pathsAsked()
      .filter((path) => path.includes('/resolve/'))
      .sort()
  const ONCE = ['config.json', WEIGHTS].map((file) => `GET /org/tiny/resolve/${COMMIT}/${file}`)

  it('in two processes download once', async () => {
    const options = await use()
    const built = new URL('../../dist/hub/resolve-model.js', import.meta.url).href
    const program = `const { resolveModel } = await import(${JSON.stringify(built)})
      console.log(JSON.stringify(await resolveModel('org/tiny', ${JSON.stringify(options)})()))`
    const run = async (): Promise<unknown> =>
      JSON.parse((await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])).stdout)
    const folder = join(model(), 'snapshots', COMMIT)
    expect(await Promise.all([run(), run()])).toEqual(Array(2).fill({ _tag: 'Right', right: folder }))
    expect(contentsAsked()).toEqual(ONCE)
    expect(await readFile(join(folder, WEIGHTS))).toEqual(saved[WEIGHTS])
    expect(await readdir(join(cacheDir, '.locks', 'models--org--tiny'))).toEqual([])
  })

  it('of which one died do not wait for it', async () => {
    const { stdout: pid } = await promisify(execFile)(process.execPath, ['-p', 'process.pid'])
    const lock = lockFile(cacheDir, 'org/tiny', sha256(saved[WEIGHTS]))
    await mkdir(dirname(lock), { recursive: true })
    await writeFile(lock, `${hostname()}\n${pid}`)
    await resolved(await use())
    expect(contentsAsked()).toEqual(ONCE)
  })
})

describe('a directory', () => {
  it('never touches the network', async () => {
    await writeFile(join(cacheDir, 'config.json'), '{}')
    expect(rightOf(await resolveModel(cacheDir, { fetch: untouched })())).toBe(cacheDir)
    expect(leftOf(await resolveModel('./missing/place', { fetch: untouched })())._tag).toBe('ModelNotFound')
  })
})

it.each([
  ['gpt2', true],
  ['HuggingFaceTB/SmolLM2-135M', true],
  ['./gpt2', false],
  ['/models/x', false],
  ['a/b/c', false],
  ['../up', false],
  ['a/..', false],
  ['C:\\models', false],
  ['', false],
])('%s may be a hub id: %s', (name, may) => expect(isHubId(name)).toBe(may))

it.each([
  ['main', true],
  ['v1.0', true],
  ['refs/pr/1', true],
  ['feature/a+b', true],
  ['../main', false],
  ['a/../b', false],
  ['/main', false],
  ['a//b', false],
  ['', false],
])('%s may be a revision: %s', (revision, may) => expect(isRevision(revision)).toBe(may))
