/** A number that changes over a run, as a pure function of the step (from 0). */
export type Schedule = (step: number) => number

export const constant =
  (value: number): Schedule =>
  () =>
    value

/** From `start` to `end` in a straight line over `steps` steps, then `end`. */
export const linear =
  (start: number, end: number, steps: number): Schedule =>
  (step) =>
    step >= steps ? end : start + ((end - start) * step) / steps

/** From `start` to `end` along half a cosine over `steps` steps, then `end`. */
export const cosine =
  (start: number, end: number, steps: number): Schedule =>
  (step) =>
    step >= steps ? end : end + ((start - end) * (1 + Math.cos((Math.PI * step) / steps))) / 2

/**
 * Multiplies a schedule by a line from 1/steps to 1 over the first `steps` steps. Step 0 already learns: a factor of
 * 0 there (as in the reference code) wastes the step.
 */
export const warmup =
  (steps: number, then: Schedule): Schedule =>
  (step) =>
    step >= steps ? then(step) : (then(step) * Math.min(steps, step + 1)) / steps
