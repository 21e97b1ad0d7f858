import type { RunEvent } from '../events.ts'
import { type Progress, facts, noProgress, progressAfter } from './progress.ts'
import { ansi, plain, render } from './render.ts'
import type { Sink } from './sink.ts'

/** The part of a terminal that is used: process.stderr is one. */
export interface Terminal {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

const CLEAR = '\r\x1b[2K'
/** Without a terminal: a line at each tenth of the run, and after this many milliseconds of silence. */
const SILENCE = 60_000

/** What an event says on a line of its own, in a terminal and in a log alike. */
const notice = (event: RunEvent): string | undefined => {
  if (event.type === 'warning') return `warning at step ${event.step}: ${event.message}`
  if (event.type !== 'run/end') return undefined
  return `${event.reason} at step ${event.step}${event.message === undefined ? '' : `: ${event.message}`}`
}

/** Whether a log, which nobody watches live, should hear of this step. */
const isDue = (before: Progress, after: Progress, spokenAt: number): boolean => {
  const tenth = (p: Progress): number => Math.floor((10 * p.done) / p.steps)
  return before.now === undefined || tenth(after) > tenth(before) || after.now!.time - spokenAt >= SILENCE
}

/**
 * A run's status on stderr, so that stdout stays free for results: one line rewritten in place on a terminal,
 * now and then a line elsewhere and under CI. Colours unless NO_COLOR is set or the terminal is dumb.
 */
export const progressLine = (
  terminal: Terminal = process.stderr,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Sink => {
  const live = terminal.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb'
  const paint = live && !env['NO_COLOR'] ? ansi : plain
  let progress = noProgress
  let spokenAt = -Infinity
  let shown = false

  const draw = (): void => {
    // One column less than there are: a full line would wrap on some terminals.
    terminal.write(CLEAR + render(progress, (terminal.columns ?? 80) - 1, paint))
    shown = true
  }
  const say = (text: string): void => {
    terminal.write(`${shown ? CLEAR : ''}${text}\n`)
    if (shown) draw()
  }

  return {
    name: 'progress',
    take: (event) => {
      const before = progress
      progress = progressAfter(before, event)
      if (event.type === 'run/start') say(`${event.name}: ${event.steps} steps`)
      else if (event.type === 'step' && live) draw()
      else if (event.type === 'step' && isDue(before, progress, spokenAt)) {
        spokenAt = event.time
        say(facts(progress).join('  '))
      }
      const text = notice(event)
      if (text !== undefined) say(text)
    },
    close: () => {
      if (shown) terminal.write('\n')
      shown = false
    },
  }
}
