import { getHFHubCachePath } from '@huggingface/hub'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { statSync } from 'node:fs'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { downloadModel } from './download-model.ts'
import { cachedCommit, missingOf, snapshotFolder } from './hub-cache.ts'
import { hubOf, revisionOf } from './hub-client.ts'
import { hubFault } from './hub-fault.ts'
import { type HubOptions, isHubId, isRevision } from './hub-source.ts'

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const isOffline = (): boolean =>
  ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].some((name) => /^(1|true|yes|on)$/i.test(process.env[name] ?? ''))

const fromCache =
  (cacheDir: string, id: string, revision: string, weights?: string): TE.TaskEither<PolicyFault, string> =>
  async () => {
    const lacks = (what: string): E.Either<PolicyFault, never> =>
      E.left(
        policyFault('ModelNotFound', what, 'Go online once to download it, or name a local directory', {
          id,
          revision,
          cacheDir,
        }),
      )
    const commit = await cachedCommit(cacheDir, id, revision)
    const folder = commit === undefined ? undefined : snapshotFolder(cacheDir, id, commit)
    if (folder === undefined || !isDirectory(folder))
      return lacks(`there is no directory ${id}, and ${cacheDir} has no such model at ${revision}`)
    const missing = await missingOf(folder, weights)
    return missing === undefined ? E.right(folder) : lacks(`${folder} is not whole: it has no ${missing}`)
  }

const fromHub = (
  id: string,
  revision: string,
  cacheDir: string,
  options: HubOptions,
): TE.TaskEither<PolicyFault, string> =>
  pipe(
    TE.fromEither(hubOf(options)),
    TE.chain((hub) => {
      const faultOf = (caught: unknown): PolicyFault => hubFault(hub, id, revision, caught)
      const { weights, onProgress } = options
      const download = { id, revision, cacheDir, weights, onProgress }
      return pipe(
        TE.tryCatch(() => revisionOf(hub, id, revision), faultOf),
        TE.matchE(
          (fault) =>
            fault._tag === 'HubFailed'
              ? pipe(
                  fromCache(cacheDir, id, revision, weights),
                  TE.mapLeft(() => fault),
                )
              : TE.left(fault),
          (found) => TE.tryCatch(() => downloadModel(hub, download, found), faultOf),
        ),
      )
    }),
  )

const notFound = (
  what: string,
  fix: string,
  detail: Readonly<Record<string, unknown>>,
): TE.TaskEither<PolicyFault, never> => TE.left(policyFault('ModelNotFound', what, fix, detail))

/**
 * The directory of a model: the one named, or the hub's files in the cache. A directory never touches the network;
 * offline, neither does an id. When the hub cannot be reached, what was downloaded before is used.
 *
 * @returns a folder with config.json, weights and what else describes the model, all of one commit and checked
 * against the hub's hashes, or a fault: ModelNotFound, HubRefused (private or gated), HubFailed, SaveFailed
 * @example
 * const directory = await resolveModel('HuggingFaceTB/SmolLM2-135M', { onProgress: console.log })()
 */
export const resolveModel =
  (idOrDirectory: string, options: HubOptions = {}): TE.TaskEither<PolicyFault, string> =>
  () => {
    const { revision = 'main', cacheDir = getHFHubCachePath(), offline = isOffline(), weights } = options
    const found = isDirectory(idOrDirectory)
      ? TE.right(idOrDirectory)
      : !isHubId(idOrDirectory)
        ? notFound(
            `there is no directory ${idOrDirectory}`,
            'Name a directory with config.json and safetensors, or a model of the hub (organisation/name)',
            { path: idOrDirectory },
          )
        : !isRevision(revision)
          ? notFound(
              `${JSON.stringify(revision)} is no name of a branch, a tag or a commit`,
              'Give the revision as the hub shows it: main, v1.0, refs/pr/1 or a commit',
              { id: idOrDirectory, revision },
            )
          : offline
            ? fromCache(cacheDir, idOrDirectory, revision, weights)
            : fromHub(idOrDirectory, revision, cacheDir, options)
    return found()
  }
