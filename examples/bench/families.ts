import { decode } from './families/decode.ts'
import { eventLoop } from './families/event-loop.ts'
import { firstStep } from './families/first-step.ts'
import { fullStep } from './families/full-step.ts'
import { longRun } from './families/long-run.ts'
import { loraStepGpt2, loraStepSmall } from './families/lora-step.ts'
import { memory } from './families/memory.ts'
import { groupSampling, groupTraining } from './families/prompt-group.ts'
import { sampling } from './families/sampling.ts'
import type { Family } from './row.ts'

/** The table, in its order. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  loraStepGpt2,
  loraStepSmall,
  fullStep,
  decode,
  sampling,
  groupTraining,
  groupSampling,
  firstStep,
  memory,
  eventLoop,
  longRun,
}
