import { type Hash, createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, constants, open, rename, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { policyFault } from '../policy-fault.ts'
import { type HubFile, isRefusal } from './hub-client.ts'

/** Waits before asking again after an attempt that brought nothing, ms. */
const WAITS: readonly number[] = [200, 1000, 3000]
const CHUNK = 1 << 20

const hashOf = ({ algorithm, size }: HubFile): Hash =>
  algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)

/** Hashes what an interrupted download left; says how long it is. More than the file has is worth nothing. */
const hashWhatIsThere = async (part: FileHandle, size: number, hash: Hash): Promise<number> => {
  const there = (await part.stat()).size
  if (there > size) {
    await part.truncate(0)
    return 0
  }
  const buffer = new Uint8Array(CHUNK)
  let done = 0
  while (done < there) {
    const { bytesRead } = await part.read(buffer, 0, CHUNK, done)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    done += bytesRead
  }
  return done
}

const writeAt = async (part: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length;)
    done += (await part.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}

/** Whether asking the hub again may help: not for what it refuses itself, and not when the disk is full. */
const isPassing = (caught: unknown): boolean =>
  isRefusal(caught)
    ? caught.elsewhere || caught.status >= 500 || caught.status === 429
    : !(caught as NodeJS.ErrnoException).syscall

const another = (file: HubFile, found: string): Error =>
  policyFault(
    'HubFailed',
    `${file.url} is not the file that the hub lists: ${found}`,
    'It was thrown away; download it again, and check HF_ENDPOINT and the proxy if it stays so',
    { url: file.url, size: file.size, hash: file.hash },
  )

/**
 * Downloads a file of the hub to `blob`, from where an earlier attempt stopped. A connection that breaks is taken up
 * again for as long as each attempt brings something. The file gets its name when its length and hash are what the hub
 * lists, so one that is there is whole; what arrived before a failure is kept for the next call, what is wrong is not.
 *
 * Bytes are asked for here, not by the library's `downloadFile`: its Blob cannot say that a server ignored the range,
 * and turns every failure into a string.
 */
export const fetchBlob = async (
  file: HubFile,
  blob: string,
  fetch: typeof globalThis.fetch,
  onProgress: (received: number) => void,
): Promise<void> => {
  const beside = `${blob}.gfnlm.incomplete`
  const part = await open(beside, constants.O_RDWR | constants.O_CREAT)
  let hash = hashOf(file)
  let found: string | undefined
  let kept = 0
  try {
    kept = await hashWhatIsThere(part, file.size, hash)
    let received = kept
    const attempt = async (): Promise<void> => {
      const headers = { 'accept-encoding': 'identity', ...(received > 0 ? { range: `bytes=${received}-` } : {}) }
      const response = await fetch(file.url, { headers })
      if (received > 0 && response.status !== 206) {
        hash = hashOf(file)
        received = 0
      }
      for await (const bytes of response.body ?? []) {
        if (received + bytes.length > file.size) {
          found = `it has more than ${file.size} bytes`
          return
        }
        await writeAt(part, bytes, received)
        hash.update(bytes)
        received += bytes.length
        onProgress(received)
      }
      if (received < file.size) throw new Error(`${received} of ${file.size} bytes of ${file.path} arrived`)
    }
    onProgress(received)
    for (let idle = 0; received < file.size && found === undefined;) {
      const before = received
      try {
        await attempt()
      } catch (caught) {
        if (!isPassing(caught)) throw caught
        idle = received > before ? 0 : idle + 1
        if (idle > WAITS.length) throw caught
        if (idle > 0) await pause(WAITS[idle - 1])
      }
    }
    await part.sync()
  } finally {
    await part.close()
  }
  found ??= hash.digest('hex') === file.hash ? undefined : `its ${file.algorithm} is another`
  if (found !== undefined) {
    await rm(beside, { force: true })
    // What an earlier attempt left may be what is wrong.
    if (kept > 0) return fetchBlob(file, blob, fetch, onProgress)
    throw another(file, found)
  }
  await rename(beside, blob).catch((caught) => {
    if (!existsSync(blob)) throw caught
  })
}
