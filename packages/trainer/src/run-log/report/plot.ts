import { escapeHtml } from './escape-html.ts'
import { placeLabels } from './place-labels.ts'
import { type Scale, type ScaleKind, isShown, scaleOf } from './scale.ts'
import { type Point, type Series, colourClass, seriesMarks, swatch } from './series.ts'
import { shortText } from './ticks.ts'

/** A figure: what it shows, not how it is drawn. */
export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  /** A sentence under the title: what to see, or how it was measured. */
  readonly note?: string
  readonly xScale?: ScaleKind
  readonly yScale?: ScaleKind
}

const WIDTH = 510
const HEIGHT = 324
const FRAME = { left: 52, right: WIDTH - 14, top: 32, bottom: HEIGHT - 44 } as const

const gridAndTicks = (x: Scale, y: Scale): string =>
  [
    ...y.ticks.map(
      ({ value, text }) =>
        `<path class="grid" d="M${FRAME.left} ${y.at(value).toFixed(1)}H${FRAME.right}"/>` +
        `<text x="${FRAME.left - 8}" y="${(y.at(value) + 3.8).toFixed(1)}" text-anchor="end">${text}</text>`,
    ),
    ...x.ticks.map(
      ({ value, text }) =>
        `<path class="tick" d="M${x.at(value).toFixed(1)} ${FRAME.bottom}v5"/>` +
        `<text x="${x.at(value).toFixed(1)}" y="${FRAME.bottom + 18}" text-anchor="middle">${text}</text>`,
    ),
    `<path class="axis" d="M${FRAME.left} ${FRAME.bottom}H${FRAME.right}"/>`,
  ].join('')

/** The picture in words, for those who hear it. */
const describe = ({ xLabel, yLabel, series }: Plot): string =>
  `${yLabel} against ${xLabel}. ` +
  series
    .map(({ name, points }) => {
      const first = points[0]
      const last = points.at(-1)
      if (first === undefined || last === undefined) return `${name}: no values.`
      const from = `${shortText(first[1])} at ${shortText(first[0])}`
      return points.length === 1
        ? `${name}: ${from}.`
        : `${name}: ${points.length} points, from ${from} to ${shortText(last[1])} at ${shortText(last[0])}.`
    })
    .join(' ')

/** The points a plot can show: finite, and positive on a logarithmic axis. */
const shownSeries = ({ series, xScale = 'linear', yScale = 'linear' }: Plot): readonly Series[] =>
  series.map((one) => {
    const kept = one.points.flatMap((point, i) => (isShown(xScale, point[0]) && isShown(yScale, point[1]) ? [i] : []))
    const labels = one.labels === undefined ? {} : { labels: kept.map((i) => one.labels![i] ?? '') }
    return { ...one, points: kept.map((i) => one.points[i]!), ...labels }
  })

/** Where labels should not stand: markers, and the lines between them. */
const obstacles = (shown: readonly Series[], place: (point: Point) => Point): readonly Point[] =>
  shown
    .filter(({ style }) => style !== 'line')
    .flatMap(({ points, style }) => {
      const at = points.map(place)
      const between =
        style === 'points'
          ? []
          : at.slice(1).flatMap(([x, y], i) =>
              [1, 2, 3, 4, 5, 6, 7].map((part): Point => {
                const [fromX, fromY] = at[i]!
                return [fromX + ((x - fromX) * part) / 8, fromY + ((y - fromY) * part) / 8]
              }),
            )
      return [...at, ...between]
    })

const drawing = (plot: Plot, shown: readonly Series[]): string => {
  const points = shown.flatMap((series) => series.points)
  if (points.length === 0)
    return `<text x="${WIDTH / 2}" y="${HEIGHT / 2}" text-anchor="middle">no finite values</text>`
  const onlyLines = shown.every((series) => series.style === 'line')
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  const x = scaleOf(plot.xScale ?? 'linear', xs, [FRAME.left, FRAME.right], onlyLines ? 'tight' : 'padded')
  const y = scaleOf(plot.yScale ?? 'linear', ys, [FRAME.bottom, FRAME.top], onlyLines ? 'round' : 'padded')
  const place = ([px, py]: Point): Point => [x.at(px), y.at(py)]
  const wanted = shown.flatMap(({ points: at, labels = [] }, series) =>
    labels.flatMap((text, i) => (text === '' ? [] : [{ text, at: place(at[i]!), series }])),
  )
  return (
    gridAndTicks(x, y) +
    shown.map((series, i) => seriesMarks(series, i, place)).join('') +
    placeLabels(wanted, obstacles(shown, place), FRAME)
      .map(
        (label) =>
          `<text class="label ${colourClass(label.series)}" x="${label.x.toFixed(1)}" y="${label.y.toFixed(1)}" ` +
          `text-anchor="${label.anchor}">${escapeHtml(label.text)}</text>`,
      )
      .join('')
  )
}

const legend = (series: readonly Series[]): string =>
  series.length < 2
    ? ''
    : `<ul class="legend">${series.map((one, i) => `<li>${swatch(one, i)}${escapeHtml(one.name)}</li>`).join('')}</ul>`

/**
 * A plot as an HTML figure with an SVG inside: needs the page's `plotStyle` and no script.
 *
 * @param id distinct in its page
 */
export const figure = (plot: Plot, id: string): string => {
  const shown = shownSeries(plot)
  return (
    `<figure><figcaption><h3>${escapeHtml(plot.title)}</h3>${
      plot.note === undefined ? '' : `<p>${escapeHtml(plot.note)}</p>`
    }</figcaption>${legend(shown)}
<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">` +
    `<title id="${id}-title">${escapeHtml(plot.title)}</title>` +
    `<desc id="${id}-desc">${escapeHtml(describe({ ...plot, series: shown }))}</desc>` +
    `<text class="axis-label" x="0" y="12">${plot.yLabel === plot.title ? '' : escapeHtml(plot.yLabel)}</text>` +
    `<text class="axis-label" x="${FRAME.right}" y="${HEIGHT - 6}" text-anchor="end">` +
    `${escapeHtml(plot.xLabel)}</text>` +
    `${drawing(plot, shown)}</svg></figure>`
  )
}
