import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { jitError } from './errors.ts'
import type { DType, Elements, FileRegion } from './host-tensor.ts'

/** Node refuses to read 2 GiB or more at once. */
const CHUNK = 1 << 30

/** What tells a file from another one, or from itself after a change. */
export const stampOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`
}

/** Throws when a file is not the one that an array was made of any more. */
export const mustBeUnchanged = ({ path, stamp }: FileRegion): void => {
  const now = stampOf(path)
  if (now === 'absent' || (stamp !== undefined && stamp !== now))
    throw jitError(
      'InvalidInput',
      `the weight file ${path} ${now === 'absent' ? 'is not there' : 'has changed since it was loaded'}`,
      'Load the model again; save to another directory than the one a running policy was loaded from.',
      { path },
    )
}

/** Each file once, as each array knew it. */
export const filesOf = (regions: readonly (FileRegion | undefined)[]): FileRegion[] => [
  ...new Map(
    regions.flatMap((file) => (file === undefined ? [] : [[`${file.stamp} ${file.path}`, file] as const])),
  ).values(),
]

/** Reads elements from where they lie on disk. Throws when the file ends before them. */
export const readRegion = (region: FileRegion, dtype: DType, length: number): Elements => {
  mustBeUnchanged(region)
  const { path, offset } = region
  const bytes = new Uint8Array(length * (dtype === 'bool' ? 1 : 4))
  const file = openSync(path, 'r')
  try {
    for (let done = 0; done < bytes.length;) {
      const read = readSync(file, bytes, done, Math.min(CHUNK, bytes.length - done), offset + done)
      if (read === 0)
        throw new Error(`${path} ends ${bytes.length - done} bytes before the array at byte ${offset} does`)
      done += read
    }
  } finally {
    closeSync(file)
  }
  return dtype === 'float32' ? new Float32Array(bytes.buffer) : dtype === 'int32' ? new Int32Array(bytes.buffer) : bytes
}
