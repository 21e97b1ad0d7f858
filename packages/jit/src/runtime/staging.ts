import type { Elements } from '../host-tensor.ts'
import type { WireMap } from './protocol.ts'

/** Bytes from which an array crosses in memory that is lent; smaller ones are copied into the message. */
const LARGE = 1 << 18

/** Milliseconds after which memory that no request took is given up. */
const PATIENCE = 10_000

/**
 * A view as an array of its own, because a message would copy the whole buffer behind it; shared memory too, because
 * ONNX Runtime refuses it.
 */
const owned = (data: Elements): Elements =>
  data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer ? data : data.slice()

/** Arrays that can be moved: shared memory cannot, and ONNX Runtime refuses it. */
export const unshared = (wires: WireMap): WireMap =>
  Object.fromEntries(
    Object.entries(wires).map(([name, wire]) => [
      name,
      wire.data.buffer instanceof ArrayBuffer ? wire : { ...wire, data: wire.data.slice() },
    ]),
  )

const copiedTo = (buffer: ArrayBuffer, data: Elements): Elements => {
  const place = new (data.constructor as new (buffer: ArrayBuffer) => Elements)(buffer)
  place.set(data)
  return place
}

/** Arrays ready to be sent, and the names of those whose memory goes with them. */
export interface Staged {
  readonly wires: WireMap
  readonly lent: readonly string[]
}

/** The buffers of some arrays, to be transferred. */
export const buffersAt = (wires: WireMap, names: readonly string[]): ArrayBuffer[] =>
  names.map((name) => wires[name]!.data.buffer as ArrayBuffer)

const stagedIn = (wires: WireMap, bufferOf: (bytes: number) => ArrayBuffer): Staged => {
  const lent: string[] = []
  const staged = Object.entries(wires).map(([name, { dtype, shape, data: given }]) => {
    const large = given.byteLength >= LARGE
    if (large) lent.push(name)
    return [name, { dtype, shape, data: large ? copiedTo(bufferOf(given.byteLength), given) : owned(given) }] as const
  })
  return { wires: Object.fromEntries(staged), lent }
}

/** Arrays that stay where they are sent: each is copied once, the caller keeps its own. */
export const staged = (wires: WireMap): Staged => stagedIn(wires, (bytes) => new ArrayBuffer(bytes))

/**
 * Memory in which arrays cross to another thread: lent with a request, back with its reply. A message by itself would
 * copy a large array three times, into memory that the system has to find and clear at every step: 24M parameters with
 * their moments took 100 ms, a fifth of their step.
 */
export interface Staging {
  readonly lend: (wires: WireMap) => Staged
  readonly takeBack: (buffers: readonly ArrayBuffer[]) => void
}

export const staging = (): Staging => {
  let free: { readonly buffer: ArrayBuffer; readonly since: number }[] = []
  let timer: NodeJS.Timeout | undefined
  const sweep = (): void => {
    const now = performance.now()
    free = free.filter(({ since }) => now - since < PATIENCE)
  }
  const take = (bytes: number): ArrayBuffer => {
    const at = free.findIndex(({ buffer }) => buffer.byteLength === bytes)
    return at < 0 ? new ArrayBuffer(bytes) : free.splice(at, 1)[0]!.buffer
  }
  return {
    lend: (wires) => {
      sweep()
      return stagedIn(wires, take)
    },
    takeBack: (buffers) => {
      if (buffers.length === 0) return
      free.push(...buffers.map((buffer) => ({ buffer, since: performance.now() })))
      timer ??= setTimeout(sweep, PATIENCE + 1).unref()
      timer.refresh()
    },
  }
}
