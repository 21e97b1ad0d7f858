import type { RunEvent, SampleText } from '../../events.ts'
import { duration } from '../progress.ts'
import type { Comparison } from './comparison.ts'
import type { Plot } from './plot.ts'
import type { Report } from './report.ts'
import type { Point, Series } from './series.ts'
import { numberText } from './ticks.ts'

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

const ofType = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T): readonly Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type)

/** Whether a curve goes up and down much more than it goes anywhere. */
const isNoisy = (points: readonly Point[]): boolean => {
  const ys = points.map(([, y]) => y)
  const travelled = ys.slice(1).reduce((sum, y, i) => sum + Math.abs(y - ys[i]!), 0)
  const [lo, hi] = ys.reduce(([a, b], y) => [Math.min(a, y), Math.max(b, y)], [Infinity, -Infinity])
  return travelled > 4 * (hi - lo)
}

/**
 * A metric of the steps of a run as a series. A noisy one is smoothed: every step faint, the mean over a twentieth
 * of the run strong.
 */
export const metricSeries = (events: readonly RunEvent[], metric: string, name: string = metric): Series => {
  const points = ofType(events, 'step').flatMap(({ step, metrics }): Point[] =>
    Number.isFinite(metrics[metric]) ? [[step, metrics[metric]!]] : [],
  )
  return { name, style: 'line', points, smooth: isNoisy(points) ? Math.floor(points.length / 20) : 1 }
}

/** One plot of one or more metrics over the steps of a run. */
export const metricPlot = (
  events: readonly RunEvent[],
  metrics: readonly string[],
  look: Partial<Omit<Plot, 'series'>> = {},
): Plot => ({
  title: metrics.join(', '),
  xLabel: 'step',
  yLabel: metrics.join(', '),
  ...look,
  series: metrics.map((metric) => metricSeries(events, metric)),
})

const byPrompt = (samples: readonly SampleText[]): ReadonlyMap<string, readonly SampleText[]> =>
  samples.reduce(
    (map, sample) => map.set(sample.prompt, [...(map.get(sample.prompt) ?? []), sample]),
    new Map<string, readonly SampleText[]>(),
  )

const PROMPTS = 8
const COMPLETIONS = 6

/** Two sets of samples side by side: the prompts they share (8 of them), 6 completions each. */
export const compareSamples = (
  before: readonly SampleText[],
  after: readonly SampleText[],
  about: Pick<Comparison, 'title' | 'sides'>,
): Comparison => {
  const later = byPrompt(after)
  const shared = [...byPrompt(before)].filter(([prompt]) => later.has(prompt)).slice(0, PROMPTS)
  const shown = (samples: readonly SampleText[]): Comparison['prompts'][number]['before'] =>
    samples.slice(0, COMPLETIONS).map(({ completion, logReward }) => ({ text: completion, logReward }))
  return {
    ...about,
    prompts: shared.map(([prompt, samples]) => ({
      context: [['Prompt', prompt]],
      before: shown(samples),
      after: shown(later.get(prompt)!),
    })),
  }
}

/** The first and the last samples that an evaluation (or else the training itself) has shown. */
const progressOfSamples = (events: readonly RunEvent[]): readonly Comparison[] => {
  const evaluated = ofType(events, 'eval').flatMap(({ step, samples }) =>
    samples === undefined ? [] : [{ step, samples }],
  )
  const shown = evaluated.length >= 2 ? evaluated : ofType(events, 'rollout')
  const [first, last] = [shown[0], shown.at(-1)]
  if (first === undefined || last === undefined || first === last) return []
  const sides = [`Step ${first.step}`, `Step ${last.step}`] as const
  const comparison = compareSamples(first.samples, last.samples, { title: 'Samples', sides })
  return comparison.prompts.length === 0 ? [] : [comparison]
}

/** Milliseconds that a run took: a resumed one has several starts, and what lies before a start is a pause. */
const timeOfSessions = (events: readonly RunEvent[]): number => {
  const times = events.flatMap((event) =>
    'time' in event ? [{ begins: event.type === 'run/start', at: event.time }] : [],
  )
  return times.reduce((sum, { begins, at }, i) => (begins || i === 0 ? sum : sum + at - times[i - 1]!.at), 0)
}

/** What any run has to report: how it went, every metric over its steps, samples early and late. */
export const runReport = (events: readonly RunEvent[]): Report => {
  const start = ofType(events, 'run/start').at(-1)
  const end = ofType(events, 'run/end').at(-1)
  const last = ofType(events, 'step').at(-1)
  const logged = ofType(events, 'step').flatMap(({ metrics }) => Object.keys(metrics))
  const names = [...new Set(['loss', 'reward', ...logged])]
  const plots = names.map((name) => metricPlot(events, [name])).filter(({ series }) => series[0]!.points.length > 1)
  const figures = ['loss', 'reward'].filter((name) => last !== undefined && name in last.metrics)
  return {
    title: start?.name ?? 'Run',
    summary: [
      ['Steps', `${last === undefined ? 0 : last.step + 1} of ${start?.steps ?? 0}`],
      ['Time', duration(timeOfSessions(events))],
      ['State', end?.reason ?? 'unfinished'],
      ...figures.map((name) => [`Last ${name}`, numberText(last!.metrics[name]!)] as const),
    ],
    plots,
    tables: warningsTable(events),
    comparisons: progressOfSamples(events),
  }
}

const warningsTable = (events: readonly RunEvent[]): Report['tables'] & object => {
  const rows = ofType(events, 'warning').map(({ step, message }) => [step, message] as const)
  return rows.length === 0 ? [] : [{ title: 'Warnings', columns: ['step', 'what'], rows }]
}
