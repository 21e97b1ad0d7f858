/** What can go wrong between a function of tensors and its compiled form. */
export type JitErrorTag =
  | 'OpNotLowered'
  | 'ValueReadWhileTracing'
  | 'ShapeChanged'
  | 'InvalidInput'
  | 'DeviceUnavailable'
  | 'SessionFailed'
  | 'OutOfMemory'
  /** A warning: a GPU leaves operators to the CPU. */
  | 'OpsOnCpu'
  | 'EngineStopped'

/** An Error with a tag to match on, what to do, and the facts behind it (the same shape as @gfnlm/env's Fault). */
export interface JitError extends Error {
  readonly _tag: JitErrorTag
  readonly fix: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** An error of ours that came from another thread, which errors cross without their own fields. */
export const jitErrorFrom = (fault: Pick<JitError, '_tag' | 'message' | 'fix' | 'detail'>): JitError =>
  Object.assign(new Error(fault.message), { name: fault._tag, ...fault })

export const jitError = (
  tag: JitErrorTag,
  what: string,
  fix: string,
  detail: Readonly<Record<string, unknown>> = {},
): JitError => Object.assign(new Error(`${what}. ${fix}`), { name: tag, _tag: tag, fix, detail } as const)
