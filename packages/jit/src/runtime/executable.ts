import { jitError } from '../errors.ts'
import type { HostTensors } from '../host-tensor.ts'

/** After a run, the outputs under `output` are written into the held inputs under `input`, along `axis`, row r at `at[r]`. */
export interface HeldWrite {
  /** Path of an output or of a branch of outputs. */
  readonly output: string
  /** Path of the held input or branch it goes to. */
  readonly input: string
  readonly axis: number
  /** Path of an int32 [rows] input that says where. */
  readonly at: string
}

/** A function compiled for one signature, on one device; names are paths. */
export interface Executable {
  readonly run: (feeds: HostTensors) => Promise<HostTensors>
  /** Keeps some inputs where the function runs. */
  readonly hold: (arrays: HostTensors) => Promise<HeldExecutable>
  readonly dispose: () => Promise<void>
}

/** A compiled function some of whose inputs are kept where it runs, between runs. */
export interface HeldExecutable {
  readonly run: (feeds: HostTensors) => Promise<HostTensors>
  readonly drop: () => Promise<void>
}

/** The held input an output is written to, with the write it comes from. */
export const heldTarget = (writes: readonly HeldWrite[], output: string): { readonly input: string; readonly write: HeldWrite } | undefined => {
  const write = writes.find((w) => output === w.output || output.startsWith(`${w.output}/`))
  return write === undefined ? undefined : { write, input: write.input + output.slice(write.output.length) }
}

/** [rows] where a write goes, from the call's own inputs. */
export const positions = (feeds: HostTensors, { at, output }: HeldWrite): Int32Array => {
  const given = feeds[at]
  if (given?.data instanceof Int32Array) return given.data
  throw jitError('InvalidInput', `the write of '${output}' needs an int32 input '${at}' with every call`, 'Pass it with the call, not with the held arrays.', { at })
}
