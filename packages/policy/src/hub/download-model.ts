import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '@gfnlm/jit'
import { policyFault } from '../policy-fault.ts'
import { fetchBlob } from './fetch-blob.ts'
import { withLock } from './file-lock.ts'
import { blobFile, linkFile, lockFile, rememberCommit, snapshotFolder } from './hub-cache.ts'
import { type Hub, type HubFile, type Revision, hubFiles } from './hub-client.ts'
import { BESIDE, WEIGHTS, WEIGHTS_INDEX, describingFiles, readShards } from './hub-files.ts'
import type { HubProgress } from './hub-source.ts'

/** What is downloaded, and where to. */
export interface Download {
  readonly id: string
  readonly revision: string
  readonly cacheDir: string
  readonly weights?: string | undefined
  readonly onProgress?: ((progress: HubProgress) => void) | undefined
}

const fetchFile = async (
  hub: Hub,
  { id, cacheDir, onProgress }: Download,
  file: HubFile,
  place: string,
): Promise<void> => {
  const blob = blobFile(cacheDir, id, file.hash)
  if (!existsSync(blob))
    await withLock(lockFile(cacheDir, id, file.hash), async () => {
      if (existsSync(blob)) return
      makeFolder(dirname(blob))
      await fetchBlob(file, blob, hub.fetch, (received) =>
        onProgress?.({ model: id, file: file.path, received, size: file.size }),
      )
    })
  await linkFile(blob, place)
}

/** A file of weights and what it keeps beside it, as ONNX does with what is large. */
const named = (id: string, weights: string, listed: readonly string[]): readonly string[] => {
  const found = listed.filter(
    (file) => file.startsWith(weights) && /^(_data(_\d+)?)?$/.test(file.slice(weights.length)),
  )
  if (found.includes(weights)) return found
  const others = listed.filter((file) => file.endsWith(weights.slice(weights.lastIndexOf('.'))))
  throw policyFault(
    'ModelNotFound',
    `${id} has no ${weights}`,
    others.length === 0 ? 'Choose a model that has one' : `It has ${others.join(', ')}`,
    { id, weights, others },
  )
}

/** The weights that a snapshot with its describing files needs: one file, or the shards its index names. */
const weightsOf = async (
  { id, weights }: Download,
  folder: string,
  listed: readonly string[],
): Promise<readonly string[]> => {
  if (weights !== undefined) return named(id, weights, listed)
  const beside = BESIDE.filter((file) => listed.includes(file))
  if (listed.includes(WEIGHTS)) return [...beside, WEIGHTS]
  if (!listed.includes(WEIGHTS_INDEX)) return beside
  const path = join(folder, WEIGHTS_INDEX)
  const shards = await readShards(path)
  const absent = shards?.find((shard) => !listed.includes(shard))
  if (shards === undefined || absent !== undefined)
    throw policyFault(
      'WeightsCorrupt',
      absent === undefined ? `${path} has no proper weight_map` : `${path} names ${absent}, which ${id} does not have`,
      'Tell whoever published the model, or choose another revision',
      { id, path, shard: absent },
    )
  return [...beside, ...shards]
}

/**
 * Fetches what a snapshot lacks of the files that are read here, weights last and then the revision's name: a snapshot
 * that has its weights has everything, and a name leads to one that does. Rejects with what went wrong.
 */
export const downloadModel = async (hub: Hub, download: Download, { commit, files }: Revision): Promise<string> => {
  const { id, revision, cacheDir } = download
  const folder = snapshotFolder(cacheDir, id, commit)
  const complete = async (wanted: readonly string[]): Promise<void> => {
    const isHere = (path: string): boolean => existsSync(join(folder, path))
    for (const file of await hubFiles(hub, id, commit, wanted, isHere))
      await fetchFile(hub, download, file, join(folder, file.path))
  }
  await complete(describingFiles(files))
  await complete(await weightsOf(download, folder, files))
  if (commit !== revision) await rememberCommit(cacheDir, id, revision, commit)
  return folder
}
