import { readFileSync } from 'node:fs'
import { didYouMean } from './arguments/closest.ts'
import { commandHelp, programHelp } from './arguments/help.ts'
import type { Output } from './commands/command.ts'
import { COMMANDS } from './commands/commands.ts'
import { reportFailure } from './report-failure.ts'
import { usageFault } from './usage-fault.ts'

const terminal: Output = {
  out: (text) => void process.stdout.write(text),
  err: process.stderr,
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

const beforeDashes = (argv: readonly string[]): readonly string[] =>
  argv.slice(0, argv.indexOf('--') < 0 ? argv.length : argv.indexOf('--'))

/** Runs a command line (without `node` and the script) and gives the exit code. */
export const main = async (argv: readonly string[], output: Output = terminal): Promise<number> => {
  const [first, ...rest] = argv
  const asked = beforeDashes(argv)
  const wantsHelp = asked.includes('--help') || asked.includes('-h')
  const names = COMMANDS.map(({ name }) => name)
  const chosen = COMMANDS.find(({ name }) => name === (first === 'help' ? rest[0] : first))
  try {
    if (chosen !== undefined && (wantsHelp || first === 'help')) output.out(commandHelp(chosen))
    else if (first === '--version') output.out(`${version()}\n`)
    else if (first === undefined || first === 'help' || first === '--help' || first === '-h')
      output.out(programHelp(COMMANDS))
    else if (chosen === undefined)
      throw usageFault(`unknown command "${first}"`, didYouMean(first, names, `Commands are ${names.join(', ')}`))
    else return await chosen.run(rest, output)
    return 0
  } catch (thrown) {
    return reportFailure(thrown, asked.includes('--json'), output)
  }
}
