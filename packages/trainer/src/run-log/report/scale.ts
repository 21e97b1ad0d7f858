import { type Tick, linearTicks, logTicks, niceStep } from './ticks.ts'

export type ScaleKind = 'linear' | 'log'

/** From data to pixels along one axis. */
export interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly Tick[]
}

/** How far an axis goes past its data: to the data's ends, a little further, or to the next round values. */
export type Fit = 'tight' | 'padded' | 'round'

/** Whether a scale can show a value: a log scale has no place for zero and less. */
export const isShown = (kind: ScaleKind, value: number): boolean =>
  Number.isFinite(value) && (kind === 'linear' || value > 0)

const PAD = 0.06
const TINY = 1e-100

const extent = (values: readonly number[]): readonly [number, number] => {
  let lo = Infinity
  let hi = -Infinity
  for (const value of values) {
    lo = Math.min(lo, value)
    hi = Math.max(hi, value)
  }
  const size = Math.max(Math.abs(lo), Math.abs(hi))
  // Values that differ by rounding only are one value: no ticks could tell them apart.
  if (hi - lo > size * 1e-9 && size > TINY) return [lo, hi]
  const around = size > TINY ? size / 10 : 1
  return [lo - around, hi + around]
}

const widened = ([lo, hi]: readonly [number, number], fit: Fit): readonly [number, number] => {
  if (fit === 'tight') return [lo, hi]
  const pad = (hi - lo) * PAD
  if (fit === 'padded') return [lo - pad, hi + pad]
  const step = niceStep(hi - lo, 5)
  return [Math.floor(lo / step + 1e-9) * step, Math.ceil(hi / step - 1e-9) * step]
}

/** The scale that shows `values` (all of which it can show, at least one) between two pixels. */
export const scaleOf = (
  kind: ScaleKind,
  values: readonly number[],
  [from, to]: readonly [number, number],
  fit: Fit,
): Scale => {
  if (kind === 'linear') {
    const [lo, hi] = widened(extent(values), fit)
    return { at: (value) => from + ((value - lo) / (hi - lo)) * (to - from), ticks: linearTicks(lo, hi) }
  }
  const [lo, hi] = widened(extent(values.map(Math.log10)), fit === 'round' ? 'padded' : fit)
  const at = (value: number): number => from + ((Math.log10(value) - lo) / (hi - lo)) * (to - from)
  return { at, ticks: logTicks(10 ** lo, 10 ** hi) }
}
