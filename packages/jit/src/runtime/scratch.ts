import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { jitError } from '../errors.ts'
import { type DType, type Elements, type FileRegion, type HostTensor, lazyTensor } from '../host-tensor.ts'

/** Where a process id means a process: containers and machines that share a folder do not see each other's. */
const idSpace = (): string => {
  let space = ''
  try {
    space = readlinkSync('/proc/self/ns/pid')
  } catch {
    // not Linux
  }
  return createHash('sha256').update(`${hostname()} ${space}`).digest('hex').slice(0, 12)
}

const PREFIX = `gfnlm-${idSpace()}-`

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Removes the folders of processes that are gone and could not clean up, where it can be known. */
const sweep = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? /^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0] : undefined
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

const newFolder = (): string => {
  try {
    const parent = realpathSync(tmpdir())
    sweep(parent)
    return mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
  } catch (e) {
    throw jitError(
      'InvalidInput',
      `there can be no temporary files in ${tmpdir()}: ${e instanceof Error ? e.message : String(e)}`,
      'Set TMPDIR to a folder that is there and can be written to, with room for the model in float32.',
      { path: tmpdir() },
    )
  }
}

/** A new file in the folder for temporary files ($TMPDIR), removed when the process ends. */
const create = async (): Promise<Scratch> => {
  const folder = newFolder()
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'weights')
  return { path, file: await open(path, 'a'), end: 0 }
}

/** Pages are mapped whole: every array starts on one of its own. */
const PAGE = 4096

const append = async (to: Scratch, bytes: Uint8Array): Promise<void> => {
  try {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await to.file.write(bytes, done, Math.min(1 << 30, bytes.length - done))
      done += bytesWritten
      to.end += bytesWritten
    }
  } catch (e) {
    throw jitError(
      'InvalidInput',
      `${bytes.length} bytes of weights could not be written to ${to.path}: ${e instanceof Error ? e.message : String(e)}`,
      'Set TMPDIR to a folder with room for the model in float32.',
      { path: to.path, bytes: bytes.length },
    )
  }
}

let scratch: Promise<Scratch> | undefined
// Arrays are written one after another.
let last: Promise<unknown> = Promise.resolve()

const store = async (pieces: Iterable<Elements> | AsyncIterable<Elements>): Promise<FileRegion> => {
  scratch ??= create().catch((e: unknown) => {
    scratch = undefined
    throw e
  })
  const to = await scratch
  await append(to, new Uint8Array((PAGE - (to.end % PAGE)) % PAGE))
  const offset = to.end
  for await (const { buffer, byteOffset, byteLength } of pieces)
    await append(to, new Uint8Array(buffer, byteOffset, byteLength))
  return { path: to.path, offset }
}

/** `store` after whatever is being stored. */
const storeNext = (pieces: Parameters<typeof store>[0]): Promise<FileRegion> => {
  const region = last.then(() => store(pieces))
  last = region.catch(() => undefined)
  return region
}

/**
 * An array in a temporary file of the process that was never whole in memory: its elements come in pieces, which may
 * all be the same memory, as each is written before the next is asked for.
 *
 * Rejects with what the pieces throw, and with a JitError (`InvalidInput`) when there is no room; it says where.
 */
export const piecesOnDisk = async (
  pieces: AsyncIterable<Elements>,
  dtype: DType,
  shape: readonly number[],
): Promise<HostTensor> => lazyTensor(await storeNext(pieces), dtype, shape)

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
  const region = stored.get(data) ?? storeNext([data])
  stored.set(data, region)
  region.catch(() => stored.delete(data))
  return lazyTensor(await region, dtype, shape)
}
