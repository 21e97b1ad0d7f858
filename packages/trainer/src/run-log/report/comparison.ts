import { escapeHtml } from './escape-html.ts'
import { numberText } from './ticks.ts'

/** Completions of the same prompts side by side: before and after training, or of two methods. */
export interface Comparison {
  readonly title: string
  readonly note?: string
  /** The names of the two columns. */
  readonly sides: readonly [before: string, after: string]
  readonly prompts: readonly {
    /** What was given: `[['Beginning', '…'], ['Ending', '…']]`. */
    readonly context: readonly (readonly [label: string, text: string])[]
    readonly before: readonly Completion[]
    readonly after: readonly Completion[]
  }[]
}

export interface Completion {
  readonly text: string
  /** Nats; NaN where unknown. */
  readonly logReward: number
}

type Prompt = Comparison['prompts'][number]

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Bars compare within a prompt only: log rewards of different prompts have different normalisers. */
const barOf = ({ before, after }: Prompt): ((logReward: number) => string) => {
  const known = [...before, ...after].map((c) => c.logReward).filter(Number.isFinite)
  const lo = Math.min(...known)
  const hi = Math.max(...known)
  return (logReward) => {
    if (!Number.isFinite(logReward)) return ''
    const share = hi > lo ? (logReward - lo) / (hi - lo) : 1
    return `<i class="bar" style="width:${Math.round(4 + 96 * share)}%"></i>`
  }
}

const column = (name: string, completions: readonly Completion[], bar: (x: number) => string): string => {
  const known = completions.map((c) => c.logReward).filter(Number.isFinite)
  const mean = known.length === 0 ? '' : `<span class="mean">mean log reward ${numberText(meanOf(known), 1)}</span>`
  const rows = completions.map(
    ({ text, logReward }) =>
      `<li><span class="text">${text.trim() === '' ? '<em>nothing</em>' : escapeHtml(text.trim())}</span>` +
      `<span class="reward">${Number.isFinite(logReward) ? numberText(logReward, 1) : '–'}${bar(logReward)}</span></li>`,
  )
  return `<div class="side"><h4>${escapeHtml(name)}${mean}</h4><ol>${rows.join('')}</ol></div>`
}

const promptBlock = (prompt: Prompt, [before, after]: Comparison['sides']): string => {
  const bar = barOf(prompt)
  const context = prompt.context.map(([label, text]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`)
  return `<article class="prompt"><dl class="context">${context.join('')}</dl><div class="sides">${column(
    before,
    prompt.before,
    bar,
  )}${column(after, prompt.after, bar)}</div></article>`
}

/** A comparison as an HTML section: needs the page's style and no script. */
export const comparisonSection = ({ title, note, sides, prompts }: Comparison): string =>
  `<section class="comparison"><h2>${escapeHtml(title)}</h2>${
    note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`
  }${prompts.map((prompt) => promptBlock(prompt, sides)).join('\n')}</section>`
