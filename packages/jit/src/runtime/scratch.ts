import { closeSync, mkdtempSync, openSync, readdirSync, realpathSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jitError } from '../errors.ts'
import { type Elements, type FileRegion, type HostTensor, lazyTensor } from '../host-tensor.ts'

const PREFIX = 'gfnlm-'

let folder: string | undefined
let file: number | undefined
let end = 0

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Folders of processes that are gone and could not clean up. */
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

/** One file a process, in the folder for temporary files ($TMPDIR); removed when the process ends. */
const open = (): { readonly path: string; readonly file: number } => {
  if (folder === undefined) {
    const parent = realpathSync(tmpdir())
    sweep(parent)
    folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
    const made = folder
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  const path = join(folder, 'weights')
  file ??= openSync(path, 'a')
  return { path, file }
}

/** Pages are mapped whole: every array starts on one of its own. */
const PAGE = 4096

const write = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, Math.min(1 << 30, bytes.length - done))
}

const stored = new WeakMap<Elements, FileRegion>()

const store = (data: Elements): FileRegion => {
  const found = stored.get(data)
  if (found !== undefined) return found
  const { path, file: to } = open()
  const offset = Math.ceil(end / PAGE) * PAGE
  try {
    write(to, new Uint8Array(offset - end))
    end = offset
    write(to, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    end = offset + data.byteLength
  } catch (e) {
    // what was half written is skipped
    closeSync(to)
    file = undefined
    folder = undefined
    end = 0
    throw jitError('InvalidInput', `weights of ${data.byteLength} bytes could not be written to ${path}: ${e instanceof Error ? e.message : String(e)}`,
      'Set TMPDIR to a folder with room for the model in float32.', { path, bytes: data.byteLength })
  }
  const region = { path, offset }
  stored.set(data, region)
  return region
}

/**
 * The same array, kept in a temporary file of the process instead of in memory: for weights that had to be converted
 * while they were loaded. The memory of the given one is free once nobody else holds it.
 *
 * @throws JitError InvalidInput when there is no room; it says where
 */
export const onDisk = (tensor: HostTensor): HostTensor =>
  tensor.file !== undefined ? tensor : lazyTensor(store(tensor.data), tensor.dtype, tensor.shape)
