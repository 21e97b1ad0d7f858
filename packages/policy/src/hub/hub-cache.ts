import { existsSync } from 'node:fs'
import { link, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { makeFolder } from '@gfnlm/jit'
import { ADAPTER_WEIGHTS, WEIGHTS, WEIGHTS_INDEX, readShards } from './hub-files.ts'

/*
 * The layout of Python's huggingface_hub, so that both share one cache:
 *
 *   models--org--name/
 *     blobs/<sha256 of an LFS file, git's sha1 of another>
 *     refs/<branch or tag>         the commit it was when last asked for
 *     snapshots/<commit>/<file> -> ../../blobs/<hash>
 *   .locks/models--org--name/
 */

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

const nameOf = (id: string): string => `models--${id.replaceAll('/', '--')}`

/** The folder of a model in a Hugging Face cache. */
export const cacheFolder = (cacheDir: string, id: string): string => join(cacheDir, nameOf(id))

/** The folder of one commit. */
export const snapshotFolder = (cacheDir: string, id: string, commit: string): string =>
  join(cacheFolder(cacheDir, id), 'snapshots', commit)

/** Where the contents with a hash are kept. */
export const blobFile = (cacheDir: string, id: string, hash: string): string =>
  join(cacheFolder(cacheDir, id), 'blobs', hash)

/** What a process holds while it fetches these contents; Python's locks have other names. */
export const lockFile = (cacheDir: string, id: string, hash: string): string =>
  join(cacheDir, '.locks', nameOf(id), `${hash}.gfnlm.lock`)

const refFile = (cacheDir: string, id: string, revision: string): string =>
  join(cacheFolder(cacheDir, id), 'refs', revision)

/** The commit that a revision was when it was last asked for; a commit is itself. */
export const cachedCommit = async (cacheDir: string, id: string, revision: string): Promise<string | undefined> => {
  if (isCommit(revision)) return revision
  const commit = await readFile(refFile(cacheDir, id, revision), 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  return isCommit(commit) ? commit : undefined
}

/** Notes which commit a revision is. */
export const rememberCommit = async (cacheDir: string, id: string, revision: string, commit: string): Promise<void> => {
  if ((await cachedCommit(cacheDir, id, revision)) === commit) return
  const ref = refFile(cacheDir, id, revision)
  const beside = `${ref}.${process.pid}.incomplete`
  makeFolder(dirname(ref))
  await writeFile(beside, commit)
  await rename(beside, ref)
}

/** Puts a file of a snapshot in its place, a link to its contents: a hard one where symbolic ones are not allowed. */
export const linkFile = async (blob: string, file: string): Promise<void> => {
  const beside = `${file}.${process.pid}.incomplete`
  makeFolder(dirname(file))
  await rm(beside, { force: true })
  await symlink(relative(dirname(file), blob), beside).catch(() => link(blob, beside))
  await rename(beside, file)
}

/**
 * What a snapshot lacks to be a model or an adapter, with these weights if they are named; undefined if it is whole.
 */
export const missingOf = async (folder: string, weights?: string): Promise<string | undefined> => {
  const lacks = (file: string): boolean => !existsSync(join(folder, file))
  if (weights !== undefined) return ['config.json', weights].find(lacks)
  if (lacks('config.json')) {
    if (lacks('adapter_config.json')) return 'config.json'
    return lacks(ADAPTER_WEIGHTS) ? ADAPTER_WEIGHTS : undefined
  }
  if (!lacks(WEIGHTS)) return undefined
  if (lacks(WEIGHTS_INDEX)) return WEIGHTS
  const shards = await readShards(join(folder, WEIGHTS_INDEX))
  return shards === undefined ? WEIGHTS_INDEX : shards.find(lacks)
}
