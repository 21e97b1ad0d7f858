import type { JitError } from '../errors.ts'
import type { Elements, FileRegion } from '../host-tensor.ts'
import type { Placement } from './profile/placement.ts'

/** An array as it crosses to the engine's thread and back. */
export interface Wire {
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly shape: readonly number[]
  readonly data: Elements
}

/** An array of the integers that models made elsewhere take. */
export interface LongWire {
  readonly shape: readonly number[]
  readonly data: BigInt64Array
}

export type WireMap = Readonly<Record<string, Wire>>

/** After a run, output `output` is written into held array `input` along `axis`, row r at index r of what is fed as `at`. */
export interface Write {
  readonly output: string
  readonly input: string
  readonly axis: number
  readonly at: string
}

/** Before a run, pieces of the array `output` of `from` are copied into held array `input`: see `copyRows`. */
export interface Copy {
  /** Handle of what was kept or held. */
  readonly from: number
  readonly output: string
  readonly input: string
  readonly axis: number
  readonly pieces: Int32Array
}

export interface SessionOptions {
  readonly device: 'cpu' | 'webgpu' | 'cuda'
  readonly threads: number
  /** Whether frozen matrices are copied into the layout that products read, once, or at each run. */
  readonly packing: 'once' | 'each run'
  /** Bytes the session is expected to hold, files mapped into memory not counted. */
  readonly bytes: number
}

/** What the engine's thread is asked to do. */
export type Request =
  | {
      readonly kind: 'create'
      readonly model: Uint8Array
      /** The folder that arrays on disk are looked up from. */
      readonly root: string
      /** What of them must be as it was, whenever the session is opened. */
      readonly files: readonly FileRegion[]
      readonly options: SessionOptions
    }
  /** Opens a model that was not made here, as it is: the first of `files`, which has its weights in the others. */
  | {
      readonly kind: 'open'
      readonly files: readonly [FileRegion, ...FileRegion[]]
      readonly threads: number
      readonly bytes: number
    }
  | { readonly kind: 'infer'; readonly session: number; readonly feeds: Readonly<Record<string, LongWire>> }
  | {
      readonly kind: 'hold'
      readonly device: SessionOptions['device']
      readonly tensors: WireMap
      /** Arrays that are moved, and no longer the sender's. */
      readonly given: WireMap
      readonly writes: readonly Write[]
      /** Whether outputs come in the same, shared memory at each run: only the first time with their reply. */
      readonly reuse?: boolean
    }
  | {
      readonly kind: 'run'
      readonly session: number
      readonly feeds: WireMap
      /** Feeds whose memory comes back with the reply. */
      readonly lent?: readonly string[]
      /** Arrays that outputs of the same name are written over; moved. */
      readonly over?: WireMap
      readonly held?: number
      readonly copies?: readonly Copy[]
      /** Outputs that stay, under the handle in the reply. */
      readonly keep?: readonly string[]
    }
  | { readonly kind: 'drop'; readonly held: number }
  | { readonly kind: 'release'; readonly session: number }
  /** The process ends: nothing is started any more, whatever is waiting. Has no reply; `ended[0]` becomes 1. */
  | { readonly kind: 'end'; readonly ended: Int32Array }

export type Reply =
  | { readonly kind: 'handle'; readonly handle: number }
  | {
      readonly kind: 'opened'
      readonly handle: number
      readonly inputs: readonly string[]
      readonly outputs: readonly string[]
    }
  | {
      readonly kind: 'outputs'
      readonly outputs: WireMap
      readonly kept?: number
      /** The memory of what was lent. */
      readonly spent: readonly ArrayBuffer[]
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly message: string }
  /** An error of our own, which keeps what it says. */
  | { readonly kind: 'fault'; readonly fault: Pick<JitError, '_tag' | 'message' | 'fix' | 'detail'> }
  /** What the request names is not there any more. */
  | { readonly kind: 'gone'; readonly message: string }
  /** Unasked for (id 0): which operators of a session a device ran. */
  | { readonly kind: 'placement'; readonly placement: Placement }

export interface Envelope<A> {
  readonly id: number
  readonly body: A
}
