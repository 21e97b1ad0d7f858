import type { HubProgress } from '@gfnlm/policy'
import type { Terminal } from '@gfnlm/trainer'

const CLEAR = '\r\x1b[2K'

/** Bytes as a person reads them: 980 B, 1.2 kB, 269 MB, 14.5 GB. */
export const bytes = (n: number): string => {
  const power = n < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(n) / 3))
  const value = n / 1000 ** power
  return `${power > 0 && value < 99.5 ? value.toFixed(1) : value.toFixed(0)} ${['B', 'kB', 'MB', 'GB'][power]}`
}

/**
 * A download's progress: one line rewritten in place on a terminal, elsewhere and under CI a line for each file that
 * is whole.
 */
export const downloadLine = (
  terminal: Terminal = process.stderr,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ((progress: HubProgress) => void) => {
  const live = terminal.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb'
  let shown = ''
  return ({ model, file, received, size }) => {
    const whole = received === size
    if (!live && !whole) return
    const text = `${model}: ${file} ${whole ? bytes(size) : `${bytes(received)} of ${bytes(size)}`}`
    if (text === shown) return
    shown = text
    // One column less than there are: a full line would wrap on some terminals.
    const fits = live ? text.slice(0, (terminal.columns ?? 80) - 1) : text
    terminal.write(`${live ? CLEAR : ''}${fits}${whole ? '\n' : ''}`)
  }
}
