import { type Measured, type Row, isMet } from '../row.ts'

/** Three significant digits, whole from 100 on. */
export const figure = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value.toPrecision(3)

/** What a row asks for: `≥ 3.5 ×`, `≤ 20 ms`. */
export const limitOf = ({ bound, limit, of, unit }: Pick<Row, 'bound' | 'limit' | 'of' | 'unit'>): string =>
  `${bound === 'at least' ? '≥' : '≤'} ${of === 'ratio' ? `${limit} ×` : `${figure(limit)} ${unit}`}`

const WIDTHS = [24, 16, 16, 10, 12]

const cells = (texts: readonly string[]): string =>
  texts.map((text, i) => (i === 0 ? text.padEnd(WIDTHS[i]!) : text.padStart(WIDTHS[i] ?? 0))).join('  ')

export const HEADER: string = cells(['row', 'ours', 'peer', 'ratio', 'asked'])

/** A row of the table on the terminal. */
export const lineOf = (row: Row, measured: Measured): string => {
  const { ours, peer, ratio } = measured
  const met = isMet(row, measured)
  const verdict = Number.isNaN(ours) ? '  failed' : met === null ? '  no peer' : met ? '' : '  not met'
  const of = (value: number | null): string =>
    value === null || Number.isNaN(value) ? '-' : `${figure(value)} ${row.unit}`
  return cells([row.name, of(ours), of(peer), ratio === null ? '-' : `${ratio.toFixed(2)} ×`, limitOf(row)]) + verdict
}
