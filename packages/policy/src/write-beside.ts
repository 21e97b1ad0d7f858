import { isFault } from '@gfnlm/env'
import { makeFolder } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type PolicyFault, policyFault, reasonOf } from './policy-fault.ts'

/**
 * Writes a file piece by piece beside its place and renames it there once its bytes are on the disk: whoever reads
 * `path` sees the old file or the new one, never half of one. Directories are made as needed. A fault that the pieces
 * throw is the fault of the writing.
 */
export const writeBeside =
  (path: string, pieces: () => Iterable<Uint8Array>): TaskEither<PolicyFault, void> =>
  async () => {
    const beside = `${path}.${process.pid}.incomplete`
    let file: FileHandle | undefined
    try {
      makeFolder(dirname(path))
      file = await open(beside, 'w')
      for (const piece of pieces())
        for (let done = 0; done < piece.length;)
          done += (await file.write(piece, done, Math.min(1 << 30, piece.length - done))).bytesWritten
      await file.sync()
      await file.close()
      file = undefined
      await rename(beside, path)
      return E.right(undefined)
    } catch (caught) {
      await file?.close().catch(() => undefined)
      await rm(beside, { force: true }).catch(() => undefined)
      if (isFault(caught)) return E.left(caught as PolicyFault)
      return E.left(
        policyFault(
          'SaveFailed',
          `${path} could not be written: ${reasonOf(caught)}`,
          'Make room or choose another place; what was there before is untouched',
          { path },
        ),
      )
    }
  }

/** `writeBeside` of a JSON value, indented by two as Hugging Face does. */
export const writeJson = (path: string, value: unknown): TaskEither<PolicyFault, void> =>
  writeBeside(path, () => [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)])
