import type { Metrics } from './events.ts'

/** What one micro-batch said, its gradient apart. */
export interface Said {
  readonly loss: number
  /** What the loss counts for beside those of other micro-batches. */
  readonly mass: number
  /** What the metrics count for: no row weight is in them. */
  readonly metricsMass: number
  readonly metrics: Metrics
}

/** Metrics that count, and so add up; all others are means. */
const COUNTS: ReadonlySet<string> = new Set(['tokens', 'steps'])

type Of = (part: Said) => number

const sumOf = (parts: readonly Said[], of: Of): number => parts.reduce((sum, part) => sum + of(part), 0)

/** Σ mass · x / Σ mass; alike where nothing has mass. */
const meanOf = (parts: readonly Said[], mass: Of, of: Of): number => {
  const total = sumOf(parts, mass)
  const share: Of = (part) => (total === 0 ? 1 / parts.length : mass(part) / total)
  return sumOf(parts, (part) => (share(part) === 0 ? 0 : share(part) * of(part)))
}

/**
 * What several micro-batches said as one. The loss is exact; so are metrics that are sums, and means over the terms of
 * the loss. Other means (log Z over rows, where the terms are sub-trajectories) are put together by the same masses.
 */
export const combined = (parts: readonly Said[]): Said => {
  const metric = (name: string): number => {
    const of: Of = ({ metrics }) => metrics[name] ?? 0
    return COUNTS.has(name) ? sumOf(parts, of) : meanOf(parts, ({ metricsMass }) => metricsMass, of)
  }
  const names = [...new Set(parts.flatMap(({ metrics }) => Object.keys(metrics)))]
  return {
    loss: meanOf(
      parts,
      ({ mass }) => mass,
      ({ loss }) => loss,
    ),
    mass: sumOf(parts, ({ mass }) => mass),
    metricsMass: sumOf(parts, ({ metricsMass }) => metricsMass),
    metrics: Object.fromEntries(names.map((name) => [name, metric(name)])),
  }
}
