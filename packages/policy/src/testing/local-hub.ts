import { createHash } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The files of a commit by their paths. */
export type Files = Readonly<Record<string, Uint8Array>>

/** A request as a test wants to see it. */
export interface Asked {
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

/** How this hub departs from a good one; each is asked at every request for contents. */
export interface Mischief {
  /** A status, and the hub's word for it, in place of an answer. */
  readonly refuse?: (path: string, count: number) => readonly [status: number, code?: string] | undefined
  /** Other contents than those listed. */
  readonly alter?: (file: string, bytes: Uint8Array) => Uint8Array
  /** Breaks the connection after so many bytes. */
  readonly cut?: (file: string, count: number) => number | undefined
  readonly ignoresRanges?: boolean
  readonly branches?: Readonly<Record<string, string>>
}

export interface LocalHub {
  readonly url: string
  readonly asked: Asked[]
  /** What the host was asked for that large files are redirected to. */
  readonly askedElsewhere: Asked[]
  readonly close: () => void
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const gitSha1 = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

const isLarge = (file: string): boolean => file.endsWith('.safetensors')

/** What the hub lists of a file; the git hash of a large one is its pointer's. */
const infoOf = (path: string, bytes: Uint8Array): Readonly<Record<string, unknown>> => ({
  type: 'file',
  path,
  size: bytes.length,
  oid: gitSha1(isLarge(path) ? Buffer.from('pointer') : bytes),
  ...(isLarge(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
})

const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> => {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const noted = ({ method, url, headers }: IncomingMessage): Asked => ({
  path: `${method} ${new URL(url!, 'http://hub').pathname}`,
  range: headers.range,
  authorization: headers.authorization,
})

/**
 * A server with the model org/tiny that speaks the hub's paths: `/api/models/…/revision/…`, `…/paths-info/…` and
 * `/…/resolve/…`, which redirects to another host for large files, as the real one does.
 */
export const localHub = async (
  commits: Readonly<Record<string, Files>>,
  { refuse, alter, cut, ignoresRanges = false, branches }: Mischief = {},
): Promise<LocalHub> => {
  const asked: Asked[] = []
  const askedElsewhere: Asked[] = []
  const counts = new Map<string, number>()
  const countOf = (path: string): number => counts.set(path, (counts.get(path) ?? 0) + 1).get(path)!
  const first = Object.keys(commits)[0]!
  const commitOf = (revision: string): string | undefined =>
    commits[revision] === undefined ? { main: first, ...branches }[revision] : revision

  const refused = (response: ServerResponse, [status, code]: readonly [number, string?]): void => {
    response.writeHead(status, code === undefined ? {} : { 'x-error-code': code, 'x-error-message': code }).end()
  }
  const send = (request: IncomingMessage, response: ServerResponse, file: string, listed: Uint8Array): void => {
    const bytes = alter?.(file, listed) ?? listed
    const from = ignoresRanges ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from > 0 && from >= bytes.length) return refused(response, [416])
    const part = bytes.subarray(from)
    const end = cut?.(file, countOf(`cut ${file}`))
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    if (end === undefined) response.end(part)
    else response.write(part.subarray(0, end), () => response.socket?.end())
  }

  const elsewhere = await listen((request, response) => {
    askedElsewhere.push(noted(request))
    const [, commit, file] = /^\/cdn\/([^/]+)\/(.+)$/.exec(request.url!)!
    const no = refuse?.(request.url!, countOf(request.url!))
    return no === undefined ? send(request, response, file!, commits[commit!]![file!]!) : refused(response, no)
  })
  const hub = await listen(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://hub')
    asked.push(noted(request))
    const no = refuse?.(pathname, countOf(pathname))
    if (no !== undefined) return refused(response, no)
    const [, revision] = /^\/api\/models\/org\/tiny\/revision\/(.+)$/.exec(pathname) ?? []
    const [, listed] = /^\/api\/models\/org\/tiny\/paths-info\/(.+)$/.exec(pathname) ?? []
    const [, at, file] = /^\/org\/tiny\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? []
    const commit = commitOf(decodeURIComponent(revision ?? listed ?? at ?? ''))
    if (revision === undefined && listed === undefined && at === undefined)
      return refused(response, [404, 'RepoNotFound'])
    if (commit === undefined) return refused(response, [404, 'RevisionNotFound'])
    const files = commits[commit]!
    if (file !== undefined)
      return files[file] === undefined
        ? refused(response, [404, 'EntryNotFound'])
        : isLarge(file)
          ? response.writeHead(302, { location: `${urlOf(elsewhere)}/cdn/${commit}/${file}` }).end()
          : send(request, response, file, files[file])
    response.setHeader('content-type', 'application/json')
    if (revision !== undefined) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }))
      return response.end(JSON.stringify({ id: 'org/tiny', sha: commit, siblings }))
    }
    const { paths } = JSON.parse(await text(request)) as { readonly paths: readonly string[] }
    const infos = paths.filter((path) => files[path] !== undefined).map((path) => infoOf(path, files[path]!))
    return response.end(JSON.stringify(infos))
  })
  return {
    url: urlOf(hub),
    asked,
    askedElsewhere,
    close: () => {
      for (const server of [hub, elsewhere]) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}
