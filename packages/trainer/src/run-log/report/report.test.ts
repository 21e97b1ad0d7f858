import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../events.ts'
import type { Completion } from './comparison.ts'
import { reportFile } from './report-file.ts'
import { type Report, reportHtml } from './report.ts'
import { compareSamples, metricSeries, runReport } from './run-report.ts'
import { pageStyle } from './style.ts'

const evil = '<img src="https://x.test/a.png" onerror="x()">&\u0000'
const completion = (text: string, logReward: number): Completion => ({ text, logReward })
const full: Report = {
  title: evil,
  lead: evil,
  summary: [[evil, evil]],
  plots: [
    {
      title: evil,
      xLabel: evil,
      yLabel: evil,
      series: [
        {
          name: evil,
          style: 'both',
          points: [
            [0, 1],
            [1, 2],
          ],
          labels: [evil],
        },
      ],
    },
  ],
  tables: [
    {
      title: evil,
      note: evil,
      columns: [evil, evil],
      rows: [
        [evil, 0.5],
        ['b', evil],
      ],
    },
  ],
  comparisons: [
    {
      title: evil,
      note: evil,
      sides: [evil, evil],
      prompts: [{ context: [[evil, evil]], before: [completion(evil, -1)], after: [completion('', NaN)] }],
    },
  ],
  footer: evil,
}

/** Tag names with how often each opens less how often it closes. */
const balance = (html: string): Record<string, number> => {
  const open: Record<string, number> = {}
  for (const [, slash, tag, rest] of html.matchAll(/<(\/?)([a-z]\w*)([^>]*)>/g))
    if (!rest!.endsWith('/') && tag !== 'meta') open[tag!] = (open[tag!] ?? 0) + (slash === '' ? 1 : -1)
  return open
}

test('whatever the text, the page holds no element, script or request that it brought', () => {
  const html = reportHtml(full)
  expect(html).not.toMatch(/<img|<script|<link|<iframe|url\(|@import/i)
  expect(html).not.toContain('\u0000')
  expect(html).not.toMatch(/<[^>]*\s(?:src|href|on\w+)=/)
  expect(Object.entries(balance(html)).filter(([, left]) => left !== 0)).toEqual([])
})

test('the ids that figures refer to exist once', () => {
  const html = reportHtml({ ...full, plots: [...full.plots, ...full.plots] })
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!)
  expect(new Set(ids).size).toBe(ids.length)
  const wanted = [...html.matchAll(/aria-labelledby="([^"]+)"/g)].flatMap(([, names]) => names!.split(' '))
  expect(wanted.filter((id) => !ids.includes(id))).toEqual([])
})

test('every colour of a series reads as text on its paper: contrast 4.5 at least (WCAG 1.4.3), light and dark', () => {
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5]
      .map((i) => parseInt(hex.padEnd(7, hex.slice(1)).slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const themes = [...pageStyle.matchAll(/--paper:(#\w+);--ink:(#\w+);--soft:(#\w+)[^}]*?((?:--c\d:#\w+;?)+)/g)]
  expect(themes.length).toBe(2)
  for (const [, paper, ink, soft, colours] of themes)
    for (const colour of [ink!, soft!, ...colours!.matchAll(/#\w+/g)].map(String)) {
      const [dark, light] = [luminance(paper!), luminance(colour)].sort((a, b) => a - b)
      expect((light! + 0.05) / (dark! + 0.05), colour).toBeGreaterThanOrEqual(4.5)
    }
})

const samples = (of: number): { prompt: string; completion: string; logReward: number }[] =>
  ['a', 'b'].map((prompt) => ({ prompt, completion: `${prompt}${of}`, logReward: -of }))
const events: readonly RunEvent[] = [
  { type: 'run/start', time: 0, name: 'infill', steps: 3, config: {} },
  ...[1, 2, 3].flatMap((n): RunEvent[] => [
    { type: 'rollout', step: n - 1, samples: samples(n) },
    { type: 'step', time: n * 1000, step: n - 1, metrics: { kl: n, loss: 1 / n, once: n === 2 ? 1 : NaN } },
  ]),
  { type: 'warning', step: 1, message: 'a reward failed' },
  { type: 'run/end', time: 65_000, step: 3, reason: 'done' },
]

test('a run reports its state, its metrics from loss on, its warnings, and samples early and late', () => {
  const report = runReport(events)
  expect([report.title, ...report.summary]).toEqual([
    'infill',
    ['Steps', '3 of 3'],
    ['Time', '1m 05s'],
    ['State', 'done'],
    ['Last loss', '0.333'],
  ])
  expect(report.plots.map(({ title }) => title)).toEqual(['loss', 'kl'])
  expect(report.plots[0]!.series[0]!.points).toEqual([
    [0, 1],
    [1, 0.5],
    [2, 1 / 3],
  ])
  expect(report.tables).toMatchObject([{ rows: [[1, 'a reward failed']] }])
  expect(report.comparisons).toMatchObject([
    {
      sides: ['Step 0', 'Step 2'],
      prompts: [{ before: [{ text: 'a1', logReward: -1 }], after: [{ text: 'a3' }] }, { before: [{ text: 'b1' }] }],
    },
  ])
})

test('the time of a resumed run is that of its sessions, not of the pause between them', () => {
  const session = (from: number, ...steps: readonly number[]): RunEvent[] => [
    { type: 'run/start', time: from, name: 'r', steps: 9, config: {} },
    ...steps.map((step, i): RunEvent => ({ type: 'step', time: from + 10_000 * (i + 1), step, metrics: {} })),
  ]
  const { summary } = runReport([...session(0, 0, 1), ...session(1e9, 2)])
  expect(summary).toContainEqual(['Time', '30s'])
})

test('a noisy metric is smoothed over a twentieth of the run, a schedule is shown as it is', () => {
  const steps = Array.from({ length: 100 }, (_, i): RunEvent => ({
    type: 'step',
    time: 0,
    step: i,
    metrics: { reward: i % 2, learning_rate: i / 100 },
  }))
  expect(['reward', 'learning_rate'].map((name) => metricSeries(steps, name).smooth)).toEqual([5, 1])
})

test('samples compare where both have the prompt', () => {
  const about = { title: '', sides: ['x', 'y'] } as const
  const { prompts } = compareSamples(samples(1), samples(2).slice(1), about)
  expect(prompts.map(({ context }) => context)).toEqual([[['Prompt', 'b']]])
})

test('a run without events still makes a page', () => {
  expect(reportHtml(runReport([]))).toContain('0 of 0')
})

test('the report of a resumed run begins where the run began, and no half-written file is left', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gfnlm-report-'))
  const sink = reportFile(join(folder, 'report.html'), undefined, events.slice(0, 3))
  for (const event of events.slice(3)) void sink.take(event)
  void sink.close()
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(reportHtml(runReport(events)))
  expect(readdirSync(folder)).toEqual(['report.html'])
})
