import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeLabels } from './place-labels.ts'
import { type Plot, figure } from './plot.ts'
import { scaleOf } from './scale.ts'
import { type Point, type Series, smoothed, thinned } from './series.ts'

const plot = (series: readonly Series[], more: Partial<Plot> = {}): Plot => ({
  title: 'Loss',
  xLabel: 'step',
  yLabel: 'loss',
  series,
  ...more,
})
const line = (points: readonly Point[], more: Partial<Series> = {}): Series => ({
  name: 'a',
  style: 'line',
  points,
  ...more,
})
/** Pixels of the first polyline. */
const pixels = (html: string): number[][] =>
  /points="([^"]+)"/
    .exec(html)![1]!
    .split(' ')
    .map((pair) => pair.split(',').map(Number))

test('a line goes through its points: left to right, larger values higher, equal steps equal lengths', () => {
  const [a, b, c] = pixels(
    figure(
      plot([
        line([
          [0, 0],
          [1, 10],
          [2, 5],
        ]),
      ]),
      'p',
    ),
  )
  expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 1)
  expect(a![1]! - b![1]!).toBeCloseTo(2 * (a![1]! - c![1]!), 1)
  expect(a![1]).toBeGreaterThan(b![1]!)
})

test('on a logarithmic axis equal factors are equal lengths, and what has no logarithm is left out', () => {
  const series = line([
    [0, 1],
    [1, 10],
    [2, 100],
    [3, 0],
    [4, -1],
  ])
  const [a, b, c, ...others] = pixels(figure(plot([series], { yScale: 'log' }), 'p'))
  expect(others).toEqual([])
  expect(a![1]! - b![1]!).toBeCloseTo(b![1]! - c![1]!, 1)
})

test('every mark is inside the frame', () => {
  const point = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
  const points = fc.array(point, { minLength: 2, maxLength: 20 })
  fc.assert(
    fc.property(points, (some) => {
      for (const [x, y] of pixels(figure(plot([line(some)]), 'p'))) {
        expect(x! >= 52 && x! <= 496).toBe(true)
        expect(y! >= 32 && y! <= 280).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

test('nothing that is not finite reaches the drawing', () => {
  const html = figure(
    plot([
      line([
        [0, NaN],
        [1, Infinity],
        [2, 1],
        [3, 2],
      ]),
    ]),
    'p',
  )
  expect(pixels(html).length).toBe(2)
  expect(html).not.toMatch(/NaN|Infinity/)
  expect(figure(plot([line([[0, NaN]])]), 'p')).toContain('no finite values')
})

test('a single point and a constant line have axes too', () => {
  for (const points of [
    [[3, 7]],
    [
      [0, 5],
      [1, 5],
    ],
    [
      [0, 0],
      [1, 0],
    ],
  ] as Point[][])
    expect(figure(plot([line(points, { style: 'both' })]), 'p')).not.toMatch(/NaN|Infinity/)
})

test('labels, names and titles are escaped', () => {
  const evil = '<script>&"\''
  const html = figure(
    plot(
      [
        line(
          [
            [0, 1],
            [1, 2],
          ],
          { name: evil, style: 'points', labels: [evil, ''] },
        ),
        line([]),
      ],
      { title: evil, xLabel: evil, yLabel: `y ${evil}`, note: evil },
    ),
    'p',
  )
  expect(html).not.toContain('<script>')
  expect(html.match(/&lt;script&gt;&amp;&quot;&#39;/g)!.length).toBeGreaterThan(7)
})

test('the picture has a title and a description for those who hear it', () => {
  const html = figure(
    plot([
      line([
        [1, 5],
        [2, 0.5],
      ]),
    ]),
    'p3',
  )
  expect(html).toContain('role="img" aria-labelledby="p3-title p3-desc"')
  expect(html).toContain('<title id="p3-title">Loss</title>')
  expect(html).toContain('loss against step. a: 2 points, from 5 at 1 to 0.5 at 2.')
})

test('two series get a legend, one does not need it', () => {
  expect(figure(plot([line([[0, 1]])]), 'p')).not.toContain('legend')
  expect(figure(plot([line([[0, 1]]), line([[0, 1]])]), 'p')).toContain('<ul class="legend">')
})

test('labels of points that sit close do not cover each other or leave the frame', () => {
  const frame = { left: 0, right: 300, top: 0, bottom: 200 }
  const at: Point[] = [
    [150, 100],
    [156, 103],
    [290, 100],
    [5, 5],
  ]
  const placed = placeLabels(
    at.map((point) => ({ text: 'T = 0.5', at: point, series: 0 })),
    at,
    frame,
  )
  const boxes = placed.map(({ x, y, anchor }) => {
    const left = anchor === 'start' ? x : anchor === 'end' ? x - 42 : x - 21
    return { left, right: left + 42, top: y - 8, bottom: y + 2 }
  })
  for (const [i, a] of boxes.entries()) {
    expect(a.left >= 0 && a.right <= 300 && a.top >= 0 && a.bottom <= 200).toBe(true)
    for (const b of boxes.slice(i + 1))
      expect(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top).toBe(true)
  }
})

test('the smoothed line of a straight line is that line; its mean is centred', () => {
  expect(
    smoothed(
      [
        [0, 0],
        [1, 3],
        [2, 0],
      ],
      3,
    ),
  ).toEqual([
    [0, 1.5],
    [1, 1],
    [2, 1.5],
  ])
  expect(
    smoothed(
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
      3,
    ).slice(1, 4),
  ).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
})

test('thinning keeps the extremes, the order and short series as they are', () => {
  const points = Array.from({ length: 10_000 }, (_, i): Point => [i, i === 7777 ? 99 : i === 1234 ? -99 : Math.sin(i)])
  const thin = thinned(points, 100)
  expect(thin.length).toBe(200)
  expect([thin.some(([x, y]) => x === 7777 && y === 99), thin.some(([, y]) => y === -99)]).toEqual([true, true])
  expect(thin.every(([x], i) => i === 0 || x >= thin[i - 1]![0])).toBe(true)
  expect(thinned(points.slice(0, 200), 100)).toEqual(points.slice(0, 200))
})

test('a tight scale ends at the data, a round one at round values', () => {
  const ends = (fit: 'tight' | 'round'): number[] => [3, 97].map(scaleOf('linear', [3, 97], [0, 100], fit).at)
  expect(ends('tight')).toEqual([0, 100])
  expect(ends('round')).toEqual([3, 97])
})
