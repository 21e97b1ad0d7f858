import { writeFileSync } from 'node:fs'
import { type Annotated, completionLogProb, completionOf, perGroupVariance, terminalReward } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import { type Report, type RunEvent, metricPlot, reportHtml } from '@gfnlm/trainer'
import { isCoherent } from './evaluate.ts'
import type { Outcome } from './compare.ts'

/** The numbers the demo ends with. */
export interface DemoFigures {
  readonly steps: number
  readonly seconds: number
  readonly logReward: { readonly base: number; readonly gflownet: number }
  readonly coherent: { readonly base: number; readonly gflownet: number }
  readonly diversity: { readonly base: number; readonly gflownet: number }
  /** Mean over held-out prompts of Var(log R − log P_F) of each policy's own samples. */
  readonly logRatioVariance: { readonly base: number; readonly gflownet: number }
}

interface Shown {
  readonly events: readonly RunEvent[]
  readonly before: readonly Outcome[]
  readonly after: readonly Outcome[]
  readonly tokenizer: Tokenizer
  readonly seconds: number
}

const sentence = (text: string): string => `${text}.`

const rowsOf = (batch: Annotated, g: number): number[] =>
  Array.from({ length: batch.rows }, (_, row) => row).filter((row) => batch.group[row] === g)

const textOf = (batch: Annotated, row: number, tokenizer: Tokenizer): string =>
  sentence(tokenizer.decode(completionOf(batch, row)))

const round = (x: number): number => Number(x.toPrecision(4))

/** Mean over prompts of the variance of log R − log P_F within a prompt: 0 when the policy is the posterior. */
const ratioVariance = (batch: Annotated): number => {
  const rewards = terminalReward(batch)
  const ratios = completionLogProb(batch, 'logPF').map((logPF, row) => rewards[row]! / batch.rewardTemperature - logPF)
  const variances = [...perGroupVariance(ratios, batch.group, batch.keep).values()].filter(Number.isFinite)
  return variances.reduce((a, b) => a + b, 0) / variances.length
}

const named = (outcomes: readonly Outcome[], family: Outcome['family']): Outcome =>
  outcomes.find((o) => o.family === family)!

/** Samples before and after, side by side, on the terminal. */
export const printComparison = (
  before: readonly Outcome[],
  after: readonly Outcome[],
  tokenizer: Tokenizer,
  prompts = 4,
): void => {
  const [base, tuned] = [named(before, 'base').batch, named(after, 'gflownet').batch]
  const width = 58
  const line = (text = ''): boolean => process.stdout.write(`${text}\n`)
  const cell = (batch: Annotated, row: number | undefined): string => {
    if (row === undefined) return ''
    const text = textOf(batch, row, tokenizer)
    const mark = isCoherent(batch.prompts[batch.group[row]!]!, text.slice(0, -1)) ? '✓' : ' '
    return `${mark} ${text.length > width - 4 ? `${text.slice(0, width - 5)}…` : text}`
  }
  for (let g = 0; g < prompts; g++) {
    const { row } = base.prompts[g]!
    line(`\n  ${String(row['beginning'])}`)
    line(`  [ … ]  ${String(row['ending'])}`)
    line(`  ${'before (frozen model)'.padEnd(width)}after (GFlowNet)`)
    const [left, right] = [rowsOf(base, g), rowsOf(tuned, g)]
    for (let i = 0; i < 4; i++) line(`  ${cell(base, left[i]).padEnd(width)}${cell(tuned, right[i])}`)
  }
  line('\n  ✓ the grammar could have told this story\n')
  line(`  ${'way of filling in'.padEnd(28)}${'log R'.padStart(9)}${'coherent'.padStart(11)}${'diversity'.padStart(11)}`)
  for (const o of [...before, ...after])
    line(
      `  ${o.name.padEnd(28)}${o.logReward.toFixed(2).padStart(9)}${`${(100 * o.coherent).toFixed(1)} %`.padStart(11)}${o.diversity.toFixed(3).padStart(11)}`,
    )
}

const comparison = (
  base: Annotated,
  tuned: Annotated,
  tokenizer: Tokenizer,
): NonNullable<Report['comparisons']>[number] => {
  const shown = (batch: Annotated, g: number): { text: string; logReward: number }[] => {
    const rewards = terminalReward(batch)
    return rowsOf(batch, g)
      .slice(0, 5)
      .map((row) => ({ text: textOf(batch, row, tokenizer), logReward: rewards[row]! }))
  }
  return {
    title: 'The missing sentence, before and after',
    note: 'Held-out stories. Every completion is a plain sample; none was picked.',
    sides: ['Frozen model', 'GFlowNet'],
    prompts: base.prompts.slice(0, 6).map(({ row }, g) => ({
      context: [
        ['Beginning', String(row['beginning'])],
        ['Ending', String(row['ending'])],
      ],
      before: shown(base, g),
      after: shown(tuned, g),
    })),
  }
}

/** Writes the report and returns the figures it is about. */
export const writeReport = (path: string, { events, before, after, tokenizer, seconds }: Shown): DemoFigures => {
  const [base, tuned] = [named(before, 'base'), named(after, 'gflownet')]
  const pair = (of: (o: Outcome) => number): { base: number; gflownet: number } => ({
    base: round(of(base)),
    gflownet: round(of(tuned)),
  })
  const figures: DemoFigures = {
    steps: events.filter((e) => e.type === 'step').length,
    seconds: Math.round(seconds),
    logReward: pair((o) => o.logReward),
    coherent: pair((o) => o.coherent),
    diversity: pair((o) => o.diversity),
    logRatioVariance: pair((o) => ratioVariance(o.batch)),
  }
  const series = (name: string, outcomes: readonly Outcome[], style: 'points' | 'both' = 'points') => ({
    name,
    style,
    points: outcomes.map((o) => [o.diversity, o.logReward] as const),
    labels: outcomes.map((o) => o.name),
  })
  const of = (family: Outcome['family']): Outcome[] => [...before, ...after].filter((o) => o.family === family)
  const change = (
    { base: from, gflownet: to }: { base: number; gflownet: number },
    text = (x: number): string => x.toFixed(2),
  ): string => `${text(from)} → ${text(to)}`
  const percent = (x: number): string => `${(100 * x).toFixed(0)} %`
  const html = reportHtml({
    title: 'Filling in the missing sentence',
    lead: 'A small story model, fine-tuned with modified sub-trajectory balance to sample the sentence between a beginning X and an ending Y from the posterior p(Z | X, Y) ∝ p(X Z Y) of its frozen self. All figures below are on held-out stories.',
    summary: [
      ['log R, nats', change(figures.logReward)],
      ['coherent with the ending', change(figures.coherent, percent)],
      ['diversity within a prompt', change(figures.diversity)],
      ['Var(log R − log P_F)', change(figures.logRatioVariance)],
      ['steps', String(figures.steps)],
      ['seconds', String(figures.seconds)],
    ],
    plots: [
      metricPlot(events, ['loss'], { title: 'Loss', yLabel: 'nats²', yScale: 'log' }),
      metricPlot(events, ['reward'], { title: "Log-reward of the policy's samples", yLabel: 'log p(X Z Y), nats' }),
      metricPlot(events, ['objective/logRatioVariance'], {
        title: 'Per-prompt Var(log R − log P_F)',
        yLabel: 'nats²',
        yScale: 'log',
        note: "Zero exactly where the policy samples each prompt's posterior.",
      }),
      {
        title: 'Likelihood against diversity',
        xLabel: 'mean pairwise edit distance within a prompt',
        yLabel: 'mean log p(X Z Y), nats',
        series: [
          series('sampling', of('base')),
          series('tempered sampling', of('tempered'), 'both'),
          series('beam search', of('beam')),
          series('GFlowNet', of('gflownet')),
        ],
        note: 'Up is more likely, right is more diverse. The frozen model sees the same prompt.',
      },
    ],
    comparisons: [comparison(base.batch, tuned.batch, tokenizer)],
  })
  writeFileSync(path, html)
  return figures
}
