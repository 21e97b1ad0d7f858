import { type Progress, facts } from './progress.ts'

/** Paints text; the identity where colours are unwanted. */
export type Paint = (colour: 'accent' | 'quiet', text: string) => string

export const plain: Paint = (_, text) => text

const CODES = { accent: 36, quiet: 2 } as const

/** Colours of the terminal's own palette. */
export const ansi: Paint = (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`

const BAR = 24

const bar = (done: number, width: number, paint: Paint): string => {
  const full = Math.round(Math.min(1, Math.max(0, done)) * width)
  return paint('accent', '█'.repeat(full)) + paint('quiet', '░'.repeat(width - full))
}

/**
 * The status line, at most `width` columns: a bar and as many facts as fit, the most wanted first. Pure: the
 * clock it shows is the events'.
 *
 * @example
 * render(progress, 80)
 * // => '██████░░░░░░░░░░░░░░  step 12/40  loss 1.204  reward -31.200  ETA 56s'
 */
export const render = (progress: Progress, width: number, paint: Paint = plain): string => {
  const barWidth = Math.min(BAR, Math.floor(width / 4))
  const kept: string[] = []
  let left = width - barWidth
  for (const fact of facts(progress)) {
    left -= fact.length + 2
    if (left < 0) break
    kept.push(fact)
  }
  return [bar(progress.steps === 0 ? 0 : progress.done / progress.steps, barWidth, paint), ...kept].join('  ')
}
