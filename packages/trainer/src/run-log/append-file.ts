import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '@gfnlm/jit'

/** A file that grows by whole records. */
export interface AppendFile {
  /** Writes a record whole; or not at all, and throws. Once it returns, killing the process loses nothing. */
  readonly append: (record: Uint8Array) => void
  /** A second time nothing happens. */
  readonly close: () => void
}

/** Opens a file (making its folder) and cuts it to its first `keep` bytes. Throws the system's error. */
export const appendFile = (path: string, keep = 0): AppendFile => {
  makeFolder(dirname(path))
  const fd = openSync(path, keep === 0 ? 'w' : 'r+')
  if (keep > 0) ftruncateSync(fd, keep)
  let size = keep
  let closed = false
  return {
    append: (record) => {
      // The number of a closed file is soon another file's.
      if (closed) throw new Error(`${path} is closed`)
      try {
        let written = 0
        while (written < record.length)
          written += writeSync(fd, record, written, record.length - written, size + written)
      } catch (error) {
        ftruncateSync(fd, size)
        throw error
      }
      size += record.length
    },
    close: () => {
      if (closed) return
      closed = true
      try {
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
    },
  }
}
