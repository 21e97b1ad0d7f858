import { escapeHtml } from './escape-html.ts'
import { decimalsOf, numberText } from './ticks.ts'

/** A table: the first column names the row, numbers stand with their last digits below each other. */
export interface Table {
  readonly title: string
  readonly note?: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

const isNumber = (value: string | number | undefined): value is number => typeof value === 'number'

/** A table as an HTML section: needs the page's style and no script. */
export const tableSection = ({ title, note, columns, rows }: Table): string => {
  const numbers = columns.map((_, i) => rows.map((row) => row[i]).filter(isNumber))
  const decimals = numbers.map(decimalsOf)
  const kind = (i: number): string => (numbers[i]!.length > 0 ? ' class="number"' : '')
  const cell = (value: string | number, i: number): string => {
    const text = isNumber(value) ? numberText(value, decimals[i]) : escapeHtml(value)
    return i === 0 ? `<th scope="row">${text}</th>` : `<td${kind(i)}>${text}</td>`
  }
  const head = columns.map((name, i) => `<th scope="col"${i === 0 ? '' : kind(i)}>${escapeHtml(name)}</th>`)
  return `<section><h2>${escapeHtml(title)}</h2>${note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`}
<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody></table></div></section>`
}
