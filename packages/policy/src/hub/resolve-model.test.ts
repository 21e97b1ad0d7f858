import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir, writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPolicy } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { isHubId, isWanted } from './hub-source.ts'
import { resolveModel } from './resolve-model.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** A hub with one model, that answers as the real one does; `broken` cuts the weights short. */
const hub = async (files: Readonly<Record<string, Uint8Array>>, asked: string[], broken = false): Promise<Server> => {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub')
    asked.push(url.pathname)
    const info = /^\/api\/models\/org\/tiny\/revision\/(.+)$/.exec(url.pathname)
    if (info !== null) {
      response.setHeader('content-type', 'application/json')
      return response.end(
        JSON.stringify({
          id: 'org/tiny',
          sha: COMMIT,
          siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
        }),
      )
    }
    const file = files[url.pathname.replace(`/org/tiny/resolve/${COMMIT}/`, '')]
    if (file === undefined) return response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end()
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
    const part = from === undefined ? file : file.subarray(Number(from), Number(to) + 1)
    response.setHeader('etag', '"e"')
    if (from !== undefined) response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${file.length}` })
    return response.end(broken && part.length > 100 ? part.subarray(0, 50) : part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

let cacheDir = ''
let files: Record<string, Uint8Array> = {}
let asked: string[] = []
let server: Server | undefined
const urlOf = (running: Server): string => `http://127.0.0.1:${(running.address() as AddressInfo).port}`

beforeEach(async () => {
  cacheDir = await freshDirectory()
  const directory = await freshDirectory()
  rightOf(await savePretrained(rightOf(randomPolicy(SMALL_LLAMA, { seed: 1 })), null, directory)())
  files = { 'README.md': Buffer.from('#'), 'pytorch_model.bin': Buffer.from('x') }
  for (const name of await readdir(directory)) files[name] = await readFile(join(directory, name))
  asked = []
})
afterEach(() => server?.close())

describe('a model of the hub', () => {
  it('is downloaded once, into the cache Python uses, only what is read', async () => {
    server = await hub(files, asked)
    const options = { cacheDir, hubUrl: urlOf(server) }
    const folder = rightOf(await resolveModel('org/tiny', options)())
    expect(folder).toBe(join(cacheDir, 'models--org--tiny', 'snapshots', COMMIT))
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors'])
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(files['model.safetensors'])
    asked.length = 0
    rightOf(await resolveModel('org/tiny', options)())
    expect(asked).toEqual(['/api/models/org/tiny/revision/main'])
  })

  it('loads, and offline loads again without a request', async () => {
    server = await hub(files, asked)
    const online = rightOf(await loadPolicy('org/tiny', { cacheDir, hubUrl: urlOf(server) })())
    const noFetch: typeof fetch = () => {
      throw new Error('the network was touched')
    }
    const offline = rightOf(await loadPolicy('org/tiny', { cacheDir, offline: true, fetch: noFetch })())
    expect(offline.constants).toEqual(online.constants)
    expect(offline.name).toBe('org/tiny')
  })

  it('is taken from the cache when the hub cannot be reached', async () => {
    server = await hub(files, asked)
    const folder = rightOf(await resolveModel('org/tiny', { cacheDir, hubUrl: urlOf(server) })())
    const down: typeof fetch = () => Promise.reject(new Error('ENOTFOUND'))
    expect(rightOf(await resolveModel('org/tiny', { cacheDir, fetch: down })())).toBe(folder)
    expect(leftOf(await resolveModel('org/other', { cacheDir, fetch: down })())).toMatchObject({ _tag: 'HubFailed' })
  })

  it('that does not exist is a fault that names both places', async () => {
    server = await hub(files, asked)
    const fault = leftOf(await resolveModel('org/nothing', { cacheDir, hubUrl: urlOf(server) })())
    expect(fault._tag).toBe('ModelNotFound')
    expect(fault.message).toContain('no directory org/nothing')
    expect(leftOf(await resolveModel('org/nothing', { cacheDir, offline: true })())._tag).toBe('ModelNotFound')
  })

  it('of which a part arrives leaves nothing that looks whole', async () => {
    server = await hub(files, asked, true)
    const fault = leftOf(await resolveModel('org/tiny', { cacheDir, hubUrl: urlOf(server) })())
    expect(fault._tag).toBe('HubFailed')
    expect(await readdir(join(cacheDir, 'models--org--tiny', 'snapshots', COMMIT))).not.toContain('model.safetensors')
  })
})

describe('a directory', () => {
  it('never touches the network', async () => {
    const noFetch: typeof fetch = () => {
      throw new Error('the network was touched')
    }
    await writeFile(join(cacheDir, 'config.json'), '{}')
    expect(rightOf(await resolveModel(cacheDir, { fetch: noFetch })())).toBe(cacheDir)
    expect(leftOf(await resolveModel('./missing/place', { fetch: noFetch })())._tag).toBe('ModelNotFound')
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
  ['model-00001-of-00002.safetensors', true],
  ['adapter_model.safetensors', true],
  ['chat_template.jinja', true],
  ['consolidated.safetensors', false],
  ['onnx/model.safetensors', false],
  ['../config.json', false],
])('%s is fetched: %s', (file, wanted) => expect(isWanted(file)).toBe(wanted))
