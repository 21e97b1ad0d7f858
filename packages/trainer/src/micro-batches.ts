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

type Of = (part: Said) => number

const sumOf = (parts: readonly Said[], of: Of): number => parts.reduce((sum, part) => sum + of(part), 0)

/** The least or the largest of the parts that have something to tell of; 0 where none has. */
const extremeOf =
  (most: (...numbers: readonly number[]) => number) =>
  (parts: readonly Said[], of: Of): number => {
    const told = parts.filter(({ metricsMass }) => metricsMass > 0)
    return told.length === 0 ? 0 : most(...told.map(of))
  }

/** How a metric of several parts is made of theirs; those that are not here are means. */
const TOGETHER: ReadonlyMap<string, (parts: readonly Said[], of: Of) => number> = new Map([
  ['tokens', sumOf],
  ['steps', sumOf],
  ['min_reward', extremeOf(Math.min)],
  ['max_reward', extremeOf(Math.max)],
])

/** Σ mass · x / Σ mass; alike where nothing has mass. */
const meanOf = (parts: readonly Said[], mass: Of, of: Of): number => {
  const total = sumOf(parts, mass)
  const share: Of = (part) => (total === 0 ? 1 / parts.length : mass(part) / total)
  return sumOf(parts, (part) => (share(part) === 0 ? 0 : share(part) * of(part)))
}

/**
 * What several micro-batches said as one. The loss is exact; so are metrics that are sums or extremes, and means over
 * the terms of the loss. Other means (log Z over rows, where the terms are sub-trajectories) are put together by the same masses.
 */
export const combined = (parts: readonly Said[]): Said => {
  const metric = (name: string): number => {
    const of: Of = ({ metrics }) => metrics[name] ?? 0
    const together = TOGETHER.get(name)
    return together === undefined ? meanOf(parts, ({ metricsMass }) => metricsMass, of) : together(parts, of)
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
