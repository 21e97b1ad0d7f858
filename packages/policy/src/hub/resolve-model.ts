import { HubApiError, downloadFile, getHFHubCachePath, modelInfo } from '@huggingface/hub'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createWriteStream, existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type PolicyFault, policyFault, reasonOf } from '../policy-fault.ts'
import { cacheFolder, cachedCommit, snapshotFolder } from './hub-cache.ts'
import { type HubOptions, isHubId, isWanted } from './hub-source.ts'

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** Downloads beside its place and renames, so that a file that is there is whole. */
const keep = async (blob: Blob, path: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}.incomplete`
  try {
    await pipeline(
      Readable.fromWeb(blob.stream() as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(beside),
    )
    const { size } = statSync(beside)
    if (size !== blob.size) throw new Error(`${size} of ${blob.size} bytes of ${path} arrived`)
    await rename(beside, path)
  } finally {
    await rm(beside, { force: true })
  }
}

/** Fetches what is missing of a model's files at a revision, and says where they are. */
const download = async (id: string, revision: string, cacheDir: string, options: HubOptions): Promise<string> => {
  const accessToken = options.accessToken ?? process.env['HF_TOKEN']
  const place = {
    hubUrl: options.hubUrl ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co',
    fetch: options.fetch ?? globalThis.fetch,
    ...(accessToken ? { accessToken } : {}),
  }
  const { sha, filePaths } = await modelInfo({ name: id, revision, additionalFields: ['sha', 'filePaths'], ...place })
  if (!/^[0-9a-f]{7,64}$/.test(sha)) throw new Error(`${JSON.stringify(sha)} is no commit`)
  const folder = snapshotFolder(cacheDir, id, sha)
  for (const file of filePaths.filter(isWanted)) {
    const path = join(folder, file)
    if (existsSync(path)) continue
    const blob = await downloadFile({ repo: { type: 'model', name: id }, path: file, revision: sha, ...place })
    if (blob === null) throw new Error(`the hub lists ${file} but does not have it`)
    await keep(blob, path)
  }
  if (sha !== revision) {
    const ref = join(cacheFolder(cacheDir, id), 'refs', revision)
    await mkdir(dirname(ref), { recursive: true })
    await writeFile(ref, sha)
  }
  return folder
}

const refused = (id: string, caught: unknown): PolicyFault =>
  caught instanceof HubApiError && [401, 403, 404].includes(caught.statusCode)
    ? policyFault(
        'ModelNotFound',
        `there is no directory ${id}, and the hub has no such model for you: ${reasonOf(caught)}`,
        'Check the name; for a gated or private model set HF_TOKEN',
        { id, status: caught.statusCode },
      )
    : policyFault(
        'HubFailed',
        `${id} could not be downloaded: ${reasonOf(caught)}`,
        'Check the network and HF_ENDPOINT, or name a local directory; what has arrived is kept',
        { id },
      )

/**
 * The directory of a model: the one named, or the hub's files in the cache. A directory never touches the network.
 * When the hub cannot be reached, what was downloaded before is used.
 */
export const resolveModel =
  (idOrDirectory: string, options: HubOptions = {}): TE.TaskEither<PolicyFault, string> =>
  async () => {
    if (isDirectory(idOrDirectory)) return E.right(idOrDirectory)
    if (!isHubId(idOrDirectory))
      return E.left(
        policyFault(
          'ModelNotFound',
          `there is no directory ${idOrDirectory}`,
          'Name a directory with config.json and safetensors, or a model of the hub (organisation/name)',
          { path: idOrDirectory },
        ),
      )
    const {
      revision = 'main',
      cacheDir = getHFHubCachePath(),
      offline = /^(1|true|yes|on)$/i.test(process.env['HF_HUB_OFFLINE'] ?? ''),
    } = options
    const cached = async (): Promise<string | undefined> => {
      const commit = await cachedCommit(cacheDir, idOrDirectory, revision)
      const folder = commit && snapshotFolder(cacheDir, idOrDirectory, commit)
      return folder && isDirectory(folder) ? folder : undefined
    }
    if (offline) {
      const folder = await cached()
      return folder !== undefined
        ? E.right(folder)
        : E.left(
            policyFault(
              'ModelNotFound',
              `there is no directory ${idOrDirectory}, and ${cacheDir} has no such model`,
              'Go online once to download it, or name a local directory',
              { id: idOrDirectory, cacheDir },
            ),
          )
    }
    try {
      return E.right(await download(idOrDirectory, revision, cacheDir, options))
    } catch (caught) {
      const fault = refused(idOrDirectory, caught)
      const folder = fault._tag === 'HubFailed' && !(caught instanceof HubApiError) ? await cached() : undefined
      return folder === undefined ? E.left(fault) : E.right(folder)
    }
  }
