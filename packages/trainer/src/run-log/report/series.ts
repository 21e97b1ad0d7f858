import { escapeHtml } from './escape-html.ts'
import { shortText } from './ticks.ts'

export type Point = readonly [x: number, y: number]

/** One set of points of a plot. */
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
  /** `both` for few points that have an order: a sweep over temperatures. */
  readonly style: 'line' | 'points' | 'both'
  /** What stands beside each point. */
  readonly labels?: readonly string[]
  /** Draws the line faint and over it its centred mean of this many points, for metrics that jump from step to step. */
  readonly smooth?: number
}

const DASHES = ['', '7 3', '2 3', '9 3 2 3'] as const
const COLOURS = 6

/** Colour, dash and marker of the series at an index: shape tells what colour may not. */
export const colourClass = (index: number): string => `s${index % COLOURS}`
const dashOf = (index: number): string => {
  const dash = DASHES[index % DASHES.length]!
  return dash === '' ? '' : ` stroke-dasharray="${dash}"`
}

const round = (x: number): string => String(Math.round(x * 100) / 100)

const MARKERS: readonly ((r: number) => string)[] = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (r) => `M${-0.9 * r} ${-0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
  (r) => `M0 ${-1.2 * r}L${1.1 * r} ${0.8 * r}H${-1.1 * r}z`,
  (r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0z`,
  (r) => `M0 ${1.2 * r}L${1.1 * r} ${-0.8 * r}H${-1.1 * r}z`,
  (r) => `M${-r} ${-r}L0 ${-0.3 * r}L${r} ${-r}L${0.3 * r} 0L${r} ${r}L0 ${0.3 * r}L${-r} ${r}L${-0.3 * r} 0z`,
]

export const marker = (index: number, x: number, y: number, hint: string = ''): string => {
  const title = hint === '' ? '' : `<title>${escapeHtml(hint)}</title>`
  const shape = MARKERS[index % MARKERS.length]!(4.5)
  return `<path class="mark" transform="translate(${round(x)} ${round(y)})" d="${shape}">${title}</path>`
}

const line = (points: readonly Point[], index: number, kind: string): string =>
  points.length < 2
    ? ''
    : `<polyline class="${kind}"${kind === 'faint' ? '' : dashOf(index)} points="${points
        .map(([x, y]) => `${round(x)},${round(y)}`)
        .join(' ')}"/>`

/** The centred mean over `window` points, over fewer at the ends. */
export const smoothed = (points: readonly Point[], window: number): readonly Point[] => {
  const half = Math.floor(window / 2)
  return points.map(([x], i) => {
    const from = Math.max(0, i - half)
    const to = Math.min(points.length, i + half + 1)
    // Summed anew each time: differences of running sums would never forget one huge value.
    let sum = 0
    for (let j = from; j < to; j++) sum += points[j]![1]
    return [x, sum / (to - from)]
  })
}

/** At most two points for each of `buckets` stretches, their lowest and highest: the same picture, a smaller file. */
export const thinned = (points: readonly Point[], buckets: number = 400): readonly Point[] => {
  if (points.length <= 2 * buckets) return points
  const size = points.length / buckets
  return Array.from({ length: buckets }, (_, b) => {
    const part = points.slice(Math.floor(b * size), Math.floor((b + 1) * size))
    const low = part.reduce((a, p) => (p[1] < a[1] ? p : a))
    const high = part.reduce((a, p) => (p[1] > a[1] ? p : a))
    return low[0] <= high[0] ? [low, high] : [high, low]
  }).flat()
}

/** The marks of a series; `place` maps data to pixels. */
export const seriesMarks = (series: Series, index: number, place: (point: Point) => Point): string => {
  const { name, points, style, smooth = 1, labels } = series
  const drawn = (of: readonly Point[]): readonly Point[] => thinned(of).map(place)
  const lines =
    style === 'points'
      ? ''
      : smooth > 1
        ? line(drawn(points), index, 'faint') + line(drawn(smoothed(points, smooth)), index, 'line')
        : line(drawn(points), index, 'line')
  const markers =
    style === 'line'
      ? ''
      : points
          .map((point, i) => {
            const hint = [name, labels?.[i]].filter((t) => t !== undefined && t !== '').join(', ')
            return marker(index, ...place(point), `${hint}: ${point.map(shortText).join(', ')}`)
          })
          .join('')
  return `<g class="${colourClass(index)}">${lines}${markers}</g>`
}

/** The sample of a series for a legend. */
export const swatch = ({ style }: Series, index: number): string => {
  const stroke =
    style === 'points'
      ? ''
      : line(
          [
            [1, 6],
            [25, 6],
          ],
          index,
          'line',
        )
  const mark = style === 'line' ? '' : marker(index, 13, 6)
  const size = 'width="26" height="12" viewBox="0 0 26 12"'
  return `<svg class="${colourClass(index)}" ${size} aria-hidden="true">${stroke}${mark}</svg>`
}
