import { type Fault, fault } from '@gfnlm/env'

/** A command line that says nothing that can be done: exit code 2. */
export type UsageFault = Fault<'Usage'>

export const usageFault = (what: string, fix: string): UsageFault => fault('Usage', what, fix)
