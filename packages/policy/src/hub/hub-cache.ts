import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder of a model in a Hugging Face cache. */
export const cacheFolder = (cacheDir: string, id: string): string =>
  join(cacheDir, `models--${id.replaceAll('/', '--')}`)

/** The folder of one commit. */
export const snapshotFolder = (cacheDir: string, id: string, commit: string): string =>
  join(cacheFolder(cacheDir, id), 'snapshots', commit)

/** The commit that a revision was when it was last asked for; a commit is itself. */
export const cachedCommit = async (cacheDir: string, id: string, revision: string): Promise<string | undefined> =>
  /^[0-9a-f]{40}$/.test(revision)
    ? revision
    : readFile(join(cacheFolder(cacheDir, id), 'refs', revision), 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      )
