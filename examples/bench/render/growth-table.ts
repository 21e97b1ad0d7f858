import { figure } from './show.ts'

/** What a step costs at one point, in milliseconds. */
export interface Growth {
  readonly axis: 'rows' | 'length' | 'layers' | 'vocabulary'
  readonly value: number
  readonly training: number
  readonly decode: number
}

/** A markdown table, one row a point; each axis says how much more the last point costs than the first. */
export const growthTable = (points: readonly Growth[]): string =>
  [
    '| | | LoRA training step | cached decode step |',
    '|---|--:|--:|--:|',
    ...points.map(({ axis, value, training, decode }, i) => {
      const first = points.find((point) => point.axis === axis)!
      const heading = points[i - 1]?.axis === axis ? '' : axis
      const cell = (ms: number, least: number): string =>
        `${figure(ms)} ms${ms === least ? '' : ` (${(ms / least).toFixed(1)} ×)`}`
      return `| ${heading} | ${value} | ${cell(training, first.training)} | ${cell(decode, first.decode)} |`
    }),
  ].join('\n')
