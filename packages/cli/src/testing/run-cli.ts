import { main } from '../main.ts'

/** What a command line did. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process and keeps what it wrote. */
export const runCli = async (...argv: readonly string[]): Promise<Ran> => {
  const out: string[] = []
  const err: string[] = []
  const code = await main(argv, { out: (text) => void out.push(text), err: { write: (text) => err.push(text) } })
  return { code, out: out.join(''), err: err.join('') }
}

/** The same, of a command that must succeed and print one JSON object. */
export const runJson = async (...argv: readonly string[]): Promise<never> => {
  const { code, out, err } = await runCli(...argv, '--json')
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`)
  return JSON.parse(out) as never
}
