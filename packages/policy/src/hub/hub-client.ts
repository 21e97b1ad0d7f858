import { modelInfo, pathsInfo } from '@huggingface/hub'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { isCommit } from './hub-cache.ts'
import type { HubOptions } from './hub-source.ts'
import { savedToken } from './saved-token.ts'

/** The hub as seen from here: its address, and a `fetch` that proves who asks and rejects with a `Refusal`. */
export interface Hub {
  readonly url: string
  readonly fetch: typeof fetch
  readonly hasToken: boolean
}

/** An answer whose status is no success. */
export interface Refusal extends Error {
  readonly status: number
  /** The hub's own word for it: `GatedRepo`, `RevisionNotFound`. */
  readonly code: string | undefined
  /** Whether it is another host's that the hub redirected to; one whose link ran out, it may be. */
  readonly elsewhere: boolean
}

export const isRefusal = (u: unknown): u is Refusal =>
  u instanceof Error && typeof (u as Partial<Refusal>).status === 'number'

const refusalOf = async (hub: string, asked: URL, response: Response): Promise<Refusal> => {
  const said = response.headers.get('x-error-message') ?? response.statusText
  const { origin, pathname } = new URL(response.url || asked)
  await response.body?.cancel()
  return Object.assign(new Error(`${origin}${pathname} answered ${`${response.status} ${said}`.trim()}`), {
    status: response.status,
    code: response.headers.get('x-error-code') ?? undefined,
    elsewhere: origin !== hub,
  })
}

/**
 * The hub that options and environment name. The token goes with requests to it alone: what it redirects elsewhere
 * `fetch` asks for without, and no library between here and there gets to see it.
 */
export const hubOf = ({ hubUrl, accessToken, fetch: given }: HubOptions): Either<PolicyFault, Hub> => {
  const url = (hubUrl ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(/\/+$/, '')
  if (!URL.canParse(url) || !/^https?:/.test(url))
    return left(
      policyFault('HubFailed', `the hub's address is ${JSON.stringify(url)}`, 'Set HF_ENDPOINT to one with https://', {
        hub: url,
      }),
    )
  const token = (accessToken ?? (process.env['HF_TOKEN'] || savedToken())).trim()
  const { origin } = new URL(url)
  const ask: typeof fetch = async (input, init) => {
    const target = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init?.headers)
    if (token !== '' && target.origin === origin) headers.set('authorization', `Bearer ${token}`)
    const response = await (given ?? fetch)(target, { ...init, headers })
    if (!response.ok) throw await refusalOf(origin, target, response)
    return response
  }
  return right({ url, hasToken: token !== '', fetch: ask })
}

/** A revision of a model: its commit, and the paths of its files. */
export interface Revision {
  readonly commit: string
  readonly files: readonly string[]
}

export const revisionOf = async (hub: Hub, id: string, revision: string): Promise<Revision> => {
  const { sha, filePaths } = await modelInfo({
    name: id,
    revision,
    additionalFields: ['sha', 'filePaths'],
    hubUrl: hub.url,
    fetch: hub.fetch,
  })
  if (typeof sha !== 'string' || !isCommit(sha)) throw new Error(`${JSON.stringify(sha)} is no commit`)
  if (!filePaths.every((path) => typeof path === 'string')) throw new Error('its list of files is none')
  return { commit: sha, files: filePaths }
}

/** A file of a revision: where it is, how long, and the hash its contents must have. */
export interface HubFile {
  readonly path: string
  readonly url: string
  readonly size: number
  /** SHA-256 of an LFS file's contents; of any other git's SHA-1, that of `blob <size>\0` and the contents. */
  readonly algorithm: 'sha256' | 'sha1'
  readonly hash: string
}

const unlisted = (id: string, path: string): PolicyFault =>
  policyFault('HubFailed', `the hub does not list the length and hash of ${path} of ${id}`, 'Check HF_ENDPOINT', {
    id,
    path,
  })

/** Whether a path stays in the folder that it is joined to, on any system. */
const isInside = (path: string): boolean =>
  !/\\|^[A-Za-z]:/.test(path) && path.split('/').every((segment) => !['', '.', '..'].includes(segment))

const outside = (id: string, path: string): PolicyFault =>
  policyFault(
    'HubFailed',
    `${id} has a file ${JSON.stringify(path)}, which is outside of it`,
    'Do not use this model, and check HF_ENDPOINT: no repository has such a file',
    { id, path },
  )

/**
 * Looks those of a commit's files up that are not here yet. Whoever names them, a hub, an index or a caller, may mean
 * harm: a path that could lead out of the snapshot is refused before the disk is asked about it.
 */
export const hubFiles = async (
  hub: Hub,
  id: string,
  commit: string,
  paths: readonly string[],
  isHere: (path: string) => boolean,
): Promise<readonly HubFile[]> => {
  const stray = paths.find((path) => !isInside(path))
  if (stray !== undefined) throw outside(id, stray)
  const lacking = paths.filter((path) => !isHere(path))
  if (lacking.length === 0) return []
  const repo = { type: 'model', name: id } as const
  const found = await pathsInfo({ repo, revision: commit, paths: lacking, hubUrl: hub.url, fetch: hub.fetch })
  return lacking.map((path) => {
    const { size, oid, lfs } = found.find((info) => info.path === path) ?? {}
    const [algorithm, length, hash] = lfs ? (['sha256', lfs.size, lfs.oid] as const) : (['sha1', size, oid] as const)
    const proper = new RegExp(`^[0-9a-f]{${algorithm === 'sha256' ? 64 : 40}}$`)
    if (!Number.isSafeInteger(length) || length! < 0 || typeof hash !== 'string' || !proper.test(hash))
      throw unlisted(id, path)
    return { path, url: `${hub.url}/${id}/resolve/${commit}/${path}`, size: length!, algorithm, hash }
  })
}
