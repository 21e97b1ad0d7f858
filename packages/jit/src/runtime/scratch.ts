import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jitError } from '../errors.ts'
import { type Elements, type FileRegion, type HostTensor, lazyTensor } from '../host-tensor.ts'

const PREFIX = 'gfnlm-'

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Removes the folders of processes that are gone and could not clean up. */
const sweep = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const pid = /^gfnlm-(\d+)-/.exec(name)?.[1]
    if (pid === undefined) continue
    try {
      if (isGone(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // somebody else's, or another process cleans up at this moment
    }
  }
}

/** A file being filled: arrays are appended. */
interface Scratch {
  readonly path: string
  readonly file: FileHandle
  end: number
}

/** A new file in the folder for temporary files ($TMPDIR), removed when the process ends. */
const create = async (): Promise<Scratch> => {
  const parent = realpathSync(tmpdir())
  sweep(parent)
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'weights')
  return { path, file: await open(path, 'a'), end: 0 }
}

/** Pages are mapped whole: every array starts on one of its own. */
const PAGE = 4096

const append = async (to: Scratch, bytes: Uint8Array): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await to.file.write(bytes, done, Math.min(1 << 30, bytes.length - done))
    done += bytesWritten
    to.end += bytesWritten
  }
}

let scratch: Promise<Scratch> | undefined
// Arrays are written one after another.
let last: Promise<unknown> = Promise.resolve()

const store = async (data: Elements): Promise<FileRegion> => {
  scratch ??= create()
  const to = await scratch
  try {
    await append(to, new Uint8Array((PAGE - (to.end % PAGE)) % PAGE))
    const offset = to.end
    await append(to, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return { path: to.path, offset }
  } catch (e) {
    throw jitError('InvalidInput', `weights of ${data.byteLength} bytes could not be written to ${to.path}: ${e instanceof Error ? e.message : String(e)}`,
      'Set TMPDIR to a folder with room for the model in float32.', { path: to.path, bytes: data.byteLength })
  }
}

const stored = new WeakMap<Elements, Promise<FileRegion>>()

/**
 * The same array, kept in a temporary file of the process instead of in memory: for weights that had to be converted
 * while they were loaded. The memory of the given one is free once nobody else holds it.
 *
 * Rejects with a JitError (`InvalidInput`) when there is no room; it says where.
 */
export const onDisk = async (tensor: HostTensor): Promise<HostTensor> => {
  if (tensor.file !== undefined) return tensor
  const { data, dtype, shape } = tensor
  const region = stored.get(data) ?? last.then(() => store(data))
  stored.set(data, region)
  last = region.catch(() => stored.delete(data))
  return lazyTensor(await region, dtype, shape)
}
