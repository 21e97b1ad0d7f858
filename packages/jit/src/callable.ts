import { jitError } from './errors.ts'
import { type HostTensors, mustBeWhole } from './host-tensor.ts'
import type { Copies, Executable, HeldExecutable, Kept } from './runtime/executable.ts'
import { type Signature, signatureDifference, signatureOf } from './signature.ts'
import { type AsHost, type HostTree, flatten, isHostTensor, unflatten } from './tree.ts'

/** Some inputs kept where the function runs; the rest come with each call. */
export interface Holding<Out> {
  /** Runs, after `copies` have been made into the held arrays. */
  readonly run: (rest: HostTree, copies?: readonly Copies[]) => Promise<Out>
  /** The held arrays, once there was a run, to be copied from: they are those of `drop`. */
  readonly kept: () => Promise<Kept>
  /** Frees the held arrays. */
  readonly drop: () => Promise<void>
}

/** A compiled function. Host arrays in, host arrays out, off the main thread. */
export interface Compiled<In, Out> {
  (inputs: In): Promise<Out>
  /** Calls, and keeps the outputs under one name where the function runs instead of fetching them. */
  readonly keep: <K extends keyof Out & string>(
    inputs: In,
    name: K,
  ) => Promise<{ readonly outputs: Omit<Out, K>; readonly kept: Kept }>
  /**
   * Sends `held` once and keeps it there; the signature of a call is that of both together. The arrays of `given` are
   * held too, without being copied on the way: they are empty for the caller after the first call. With `reuse` each
   * run may write its outputs over those of the run before, which spares memory where nobody keeps them.
   */
  readonly hold: (held: HostTree, given?: HostTree, reuse?: boolean) => Promise<Holding<Out>>
  /**
   * Calls, and may write outputs over arrays of `spent` that have their names, types and shapes: those are no longer the
   * caller's, whether they were written over or not. Spares a step the memory of its results, which the system would
   * clear and a garbage collector find.
   */
  readonly over: (inputs: In, spent: HostTree) => Promise<Out>
  /** Frees sessions and constants. */
  readonly dispose: () => Promise<void>
}

const checked = (arrays: HostTensors): HostTensors => {
  for (const [name, array] of Object.entries(arrays)) mustBeWhole(name, array)
  return arrays
}

/** A caller's arrays by their paths, checked: past here they are trusted. */
const flat = (tree: HostTree): HostTensors => checked(flatten(tree, isHostTensor))

const afterDrop = (): Error =>
  jitError('EngineStopped', 'held arrays were used after drop()', 'Hold them anew; what was written into them is gone.')

/** Calls through whichever executable `choose` gives for a signature. */
export const callable = <In, Out>(
  choose: (signature: Signature) => Promise<Executable>,
  dispose: () => Promise<void>,
): Compiled<AsHost<In>, AsHost<Out>> => {
  const over = async (inputs: AsHost<In>, spent: HostTree): Promise<AsHost<Out>> => {
    const [feeds, places] = [flat(inputs as HostTree), flat(spent)]
    const executable = await choose(signatureOf(feeds))
    return unflatten(await executable.run(feeds, places)) as AsHost<Out>
  }
  const call = (inputs: AsHost<In>): Promise<AsHost<Out>> => over(inputs, {})
  const keep: Compiled<AsHost<In>, AsHost<Out>>['keep'] = async (inputs, name) => {
    const feeds = flat(inputs as HostTree)
    const executable = await choose(signatureOf(feeds))
    const { outputs, kept } = await executable.keep(feeds, name)
    return { outputs: unflatten(outputs) as never, kept }
  }
  const hold = async (tree: HostTree, given: HostTree = {}, reuse: boolean = false): Promise<Holding<AsHost<Out>>> => {
    const [arrays, moved] = [flat(tree), flat(given)]
    const kept = signatureOf({ ...arrays, ...moved })
    // Arrays are sent when the first call says which executable they belong to; calls made meanwhile wait for it.
    let bound:
      { readonly executable: Executable; readonly rest: Signature; readonly held: Promise<HeldExecutable> } | undefined
    let dropped = false
    const drop = async (): Promise<void> => {
      const before = bound
      bound = undefined
      dropped = true
      await (await before?.held)?.drop()
    }
    return {
      run: async (rest, copies) => {
        if (dropped) throw afterDrop()
        const feeds = flat(rest)
        const signature = signatureOf(feeds)
        if (bound === undefined) {
          const executable = await choose({ ...kept, ...signature })
          if (dropped) throw afterDrop()
          // meanwhile another holding may have been given the same memory
          bound ??= { executable, rest: signature, held: executable.hold(checked(arrays), checked(moved), reuse) }
        }
        if (signatureDifference(bound.rest, signature) !== undefined)
          throw jitError(
            'ShapeChanged',
            'held arrays were used with other shapes than those of their first run',
            'Hold them anew: what was written into them belongs to the function compiled for the first shapes.',
            { found: signature },
          )
        return unflatten(await (await bound.held).run(feeds, copies)) as AsHost<Out>
      },
      kept: async () => {
        if (dropped) throw afterDrop()
        if (bound === undefined)
          throw jitError(
            'InvalidInput',
            'held arrays were to be copied from before their first run',
            'Copy from where they came from.',
          )
        return bound.held
      },
      drop,
    }
  }
  return Object.assign(call, { keep, hold, over, dispose })
}
