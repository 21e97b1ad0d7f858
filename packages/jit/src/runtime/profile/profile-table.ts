import { type Cost, type Figures, byOperator } from './figures.ts'

/** A session's figures with a name to know it by. */
export interface SessionFigures extends Figures {
  readonly name: string
  readonly device: string
}

/** Operators with shapes that are listed one by one. */
const TOP = 20
/** Sessions below this share of the time are not described further. */
const SMALL = 0.01

type Cells = readonly string[]

/** A markdown table that reads well unrendered: the first column to the left, numbers to the right. */
const table = (head: Cells, rows: readonly Cells[]): string => {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: Cells): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? `:${'-'.repeat(width + 1)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const number = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(3))
const count = (n: number): string => (Number.isInteger(n) ? String(n) : n.toFixed(1))
const percent = (part: number, whole: number): string => `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(1)} %`
const rate = ({ flops, ms }: { readonly flops: number; readonly ms: number }): string =>
  flops === 0 ? '' : (flops / ms / 1e6).toFixed(1)
const sum = (costs: readonly Cost[], of: (cost: Cost) => number): number =>
  costs.reduce((total, cost) => total + of(cost), 0)

/** What takes the time: on a GPU its kernels, and what its CPU does besides dispatching them. */
const timed = ({ operators, kernels }: Figures): readonly Cost[] =>
  kernels.length === 0
    ? operators
    : [...kernels, ...operators.filter(({ name, provider }) => provider === 'CPU' || name.startsWith('Memcpy'))].sort(
        (a, b) => b.ms - a.ms,
      )

/** Costs by type. A kernel does not say how much it computes; the operators of its type do. */
const types = (figures: Figures): readonly Cost[] => {
  const operators = byOperator(figures.operators)
  return byOperator(timed(figures)).map((cost) =>
    figures.kernels.length === 0
      ? cost
      : {
          ...cost,
          flops: operators.find(({ name, provider }) => name === cost.name && provider === cost.provider)?.flops ?? 0,
        },
  )
}

const summary = (figures: SessionFigures, all: readonly Cost[]): string => {
  const products = all.filter(({ flops }) => flops > 0)
  const [flops, ms, busy] = [sum(products, (c) => c.flops), sum(products, (c) => c.ms), sum(all, (c) => c.ms)]
  const left = byOperator(figures.operators).filter(({ provider }) => provider === 'CPU' && figures.device !== 'cpu')
  return [
    `${figures.runs} ${figures.runs === 1 ? 'run' : 'runs'} of ${number(figures.ms)} ms on ${figures.device}.`,
    ...(products.length === 0
      ? []
      : [
          `Matrix products: ${percent(ms, figures.ms)}, ${number(flops / 1e9)} GFLOP at ${rate({ flops, ms })} GFLOP/s.`,
        ]),
    `Outside of any operator: ${percent(Math.max(0, figures.ms - busy), figures.ms)}.`,
    ...(left.length === 0
      ? []
      : [`Left to the CPU: ${left.map(({ name, calls }) => `${name} ${count(calls)}`).join(', ')}.`]),
    ...(figures.cut ? ['ONNX Runtime keeps a million events of a session: later runs are missing here.'] : []),
  ].join(' ')
}

const section = (figures: SessionFigures): string => {
  const costs = timed(figures)
  const all = types(figures)
  const cells = (cost: Cost): Cells => [number(cost.ms), percent(cost.ms, figures.ms), count(cost.calls), rate(cost)]
  const named = ({ name, provider }: Cost): string =>
    provider === 'CPU' && figures.device !== 'cpu' ? `${name} (CPU)` : name
  const head = ['ms a run', 'share', 'calls', 'GFLOP/s']
  return [
    `## ${figures.name}`,
    summary(figures, all),
    table(
      ['operator', ...head],
      all.map((cost) => [named(cost), ...cells(cost)]),
    ),
    table(
      ['operator and shapes', ...head],
      costs.slice(0, TOP).map((cost) => [`${named(cost)} ${cost.shapes}`, ...cells(cost)]),
    ),
    ...(costs.length > TOP
      ? [
          `and ${costs.length - TOP} more, ${percent(
            sum(costs.slice(TOP), (c) => c.ms),
            figures.ms,
          )}`,
        ]
      : []),
  ].join('\n\n')
}

/** Where the time of a process's sessions went, as markdown: every session, then the operators of those that matter. */
export const profileTable = (sessions: readonly SessionFigures[]): string => {
  const ordered = sessions.filter(({ runs }) => runs > 0).toSorted((a, b) => b.total - a.total)
  const total = ordered.reduce((ms, figures) => ms + figures.total, 0)
  return (
    [
      '# Where the time goes',
      `${number(total)} ms in ${ordered.length} ONNX Runtime sessions that ran. Times are of an average run; the first of a session, which sets it up, is left out where there are others.`,
      table(
        ['session', 'ms a run', 'runs', 'total ms', 'share'],
        ordered.map((f) => [f.name, number(f.ms), String(f.runs), number(f.total), percent(f.total, total)]),
      ),
      ...ordered.filter((figures) => figures.total >= SMALL * total).map(section),
    ].join('\n\n') + '\n'
  )
}
