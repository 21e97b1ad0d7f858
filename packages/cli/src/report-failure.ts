import { type Fault, isFault } from '@gfnlm/env'
import type { Output } from './commands/command.ts'

/** Whatever was thrown, as what it means to whoever ran the command. */
const meaningOf = (thrown: unknown): { readonly tag: string; readonly message: string; readonly fix: string } => {
  if (isFault(thrown)) return { tag: thrown._tag, message: messageOf(thrown), fix: thrown.fix }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return {
    tag: 'Unexpected',
    message,
    fix: 'This is not an expected failure: set GFNLM_DEBUG=1 and report what it shows',
  }
}

/** A fault's message without the fix that it ends in. */
const messageOf = ({ message, fix }: Fault): string =>
  message.endsWith(`. ${fix}`) ? message.slice(0, -fix.length - 2) : message

/** Says what failed: on `err` for a person, on `out` as one JSON object where JSON was asked for. Gives the exit code. */
export const reportFailure = (
  thrown: unknown,
  json: boolean,
  { out, err }: Output,
  debug: boolean = Boolean(process.env['GFNLM_DEBUG']),
): number => {
  const { tag, message, fix } = meaningOf(thrown)
  if (json) out(`${JSON.stringify({ error: { tag, message, fix } })}\n`)
  err.write(tag === 'Usage' ? `error: ${message}. ${fix} (see --help)\n` : `error: ${message}\nfix: ${fix}\n`)
  if (debug)
    for (const error of [thrown, isFault(thrown) ? thrown.detail['cause'] : undefined])
      if (error instanceof Error) err.write(`${error.stack}\n`)
  return tag === 'Usage' ? 2 : 1
}
