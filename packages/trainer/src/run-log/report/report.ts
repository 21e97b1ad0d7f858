import { type Comparison, comparisonSection } from './comparison.ts'
import { escapeHtml } from './escape-html.ts'
import { type Plot, figure } from './plot.ts'
import { pageStyle, plotStyle } from './style.ts'
import { type Table, tableSection } from './table.ts'

/** What a report says, as plain data. */
export interface Report {
  readonly title: string
  /** One or two sentences under the title. */
  readonly lead?: string
  /** The figures a reader looks for first, ready to print. */
  readonly summary: readonly (readonly [label: string, value: string])[]
  readonly plots: readonly Plot[]
  readonly tables?: readonly Table[]
  readonly comparisons?: readonly Comparison[]
  /** How it was made: command, seed, versions. */
  readonly footer?: string
}

const paragraph = (kind: string, text: string | undefined): string =>
  text === undefined ? '' : `<${kind}>${escapeHtml(text)}</${kind.split(' ')[0]}>`

/**
 * One HTML page that needs nothing else: no request, no script, light or dark as the reader has it.
 *
 * @example
 * await writeFile('report.html', reportHtml({ title: 'Infilling', summary: [['steps', '300']], plots: [lossPlot] }))
 */
export const reportHtml = ({ title, lead, summary, plots, tables = [], comparisons = [], footer }: Report): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gfnlm">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}${plotStyle}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${paragraph('p class="lead"', lead)}
<dl class="summary">${summary
    .map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>
</header>
<div class="plots">
${plots.map((plot, i) => figure(plot, `plot-${i}`)).join('\n')}
</div>
${[...tables.map(tableSection), ...comparisons.map(comparisonSection)].join('\n')}
${paragraph('footer', footer)}
</main>
</body>
</html>
`
