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

/** Arrays that stay where functions run. */
export interface Kept {
  /** Frees them. */
  readonly drop: () => Promise<void>
}

/**
 * Before a run, pieces of kept outputs are copied to the beginning of rows of held inputs, where they are: a prompt's
 * keys and values get to the rows that continue it this way.
 */
export interface Copies {
  readonly kept: Kept
  /** Path of a kept output or of a branch of them. */
  readonly output: string
  /** Path of the held input or branch it goes to. */
  readonly input: string
  readonly axis: number
  /** [pieces, 4] row of the output, row of the input, first index of `axis` that is copied, how many are. */
  readonly pieces: Int32Array
}

/** A function compiled for one signature, on one device; names are paths. */
export interface Executable {
  /** Outputs may be written over `spent`, by name: arrays that are no longer the caller's. */
  readonly run: (feeds: HostTensors, spent?: HostTensors) => Promise<HostTensors>
  /** Runs, and keeps the outputs under a path where it ran. */
  readonly keep: (feeds: HostTensors, branch: string) => Promise<{ readonly outputs: HostTensors; readonly kept: Kept }>
  /**
   * Keeps some inputs where the function runs: `given` are moved there, and no longer the caller's. With `reuse` each
   * run may write its outputs over those of the run before.
   */
  readonly hold: (arrays: HostTensors, given?: HostTensors, reuse?: boolean) => Promise<HeldExecutable>
  readonly dispose: () => Promise<void>
}

/** A compiled function some of whose inputs are kept where it runs, between runs. */
export interface HeldExecutable extends Kept {
  readonly run: (feeds: HostTensors, copies?: readonly Copies[]) => Promise<HostTensors>
}

/** Whether a path is another or under it. */
export const isUnder = (branch: string, path: string): boolean => path === branch || path.startsWith(`${branch}/`)

/** The held input an output is written to, with the write it comes from. */
export const heldTarget = (
  writes: readonly HeldWrite[],
  output: string,
): { readonly input: string; readonly write: HeldWrite } | undefined => {
  const write = writes.find((w) => isUnder(w.output, output))
  return write === undefined ? undefined : { write, input: write.input + output.slice(write.output.length) }
}

/** The pairs of arrays that copies are between, by path. */
export const copyPairs = (
  { output, input }: Copies,
  inputs: readonly string[],
): { readonly output: string; readonly input: string }[] =>
  inputs.flatMap((path) => (isUnder(input, path) ? [{ output: output + path.slice(input.length), input: path }] : []))

/** The fault of copies from what another device kept, or nobody any more. */
export const notKept = (): Error =>
  jitError(
    'InvalidInput',
    'arrays were copied from what was not kept on this device, or was dropped',
    'Keep it on the same device, and drop it after the last copy.',
  )

/** [rows] where a write goes, from the call's own inputs. */
export const positions = (feeds: HostTensors, { at, output }: HeldWrite): Int32Array => {
  const given = feeds[at]
  if (given?.data instanceof Int32Array) return given.data
  throw jitError(
    'InvalidInput',
    `the write of '${output}' needs an int32 input '${at}' with every call`,
    'Pass it with the call, not with the held arrays.',
    { at },
  )
}
