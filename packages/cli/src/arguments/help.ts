import type { Command } from '../commands/command.ts'
import type { Option, Options } from './options.ts'

const spelling = (name: string, option: Option): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.type === 'flag' ? '' : ` ${option.value}`}`

const kindOf = (option: Option): string => {
  if (option.type === 'flag') return ''
  const kind = option.type === 'text' ? 'text' : option.whole === true ? 'whole number' : 'number'
  const rest =
    option.type === 'text' && option.required === true
      ? ', required'
      : option.type === 'text' && option.many === true
        ? ', may be repeated'
        : option.default === undefined
          ? ''
          : `, default ${option.default}`
  return ` (${kind}${rest})`
}

const table = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

const optionRows = (options: Options): (readonly [string, string])[] =>
  Object.entries(options).map(([name, option]) => [spelling(name, option), `${option.about}${kindOf(option)}`])

const section = (title: string, body: string): string => `${title}\n${body}\n`

/** The help of one command: what it takes, with types and defaults, and an example. */
export const commandHelp = ({ name, summary, positionals, options, more, example }: Command): string => {
  const needed = Object.entries(options).flatMap(([option, o]) =>
    o.type === 'text' && o.required === true ? [` --${option} ${o.value}`] : [],
  )
  const usage = `  gfnlm ${name}${positionals.map((p) => ` ${p.name}`).join('')}${needed.join('')} [options]`
  return [
    `gfnlm ${name}: ${summary}\n`,
    section('Usage', usage),
    ...(positionals.length === 0 ? [] : [section('Arguments', table(positionals.map((p) => [p.name, p.about])))]),
    section('Options', table([...optionRows(options), ['-h, --help', 'this text']])),
    ...(more === undefined ? [] : [more]),
    section('Example', `  ${example}`),
  ].join('\n')
}

/** The help of the program: its commands, with an example of each. */
export const programHelp = (commands: readonly Command[]): string =>
  [
    'gfnlm: fine-tune language models with GFlowNet objectives\n',
    section('Usage', '  gfnlm COMMAND [options]'),
    section('Commands', table(commands.map(({ name, summary }) => [name, summary]))),
    section(
      'Options',
      table([
        ['-h, --help', 'help; after a command: the help of that command'],
        ['--version', 'the version'],
      ]),
    ),
    section('Examples', commands.map(({ example }) => `  ${example}`).join('\n')),
  ].join('\n')
