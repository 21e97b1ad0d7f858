import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { type UsageFault, usageFault } from '../usage-fault.ts'
import { didYouMean } from './closest.ts'
import type { NumberOption, Option, Options, Positional, Values } from './options.ts'

/** What a command line says. */
export interface Parsed<T extends Options> {
  readonly values: Values<T>
  readonly positionals: readonly string[]
}

type Given = Readonly<Record<string, readonly (string | undefined)[]>>

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))

const rangeOf = ({ whole, from, to }: NumberOption): string =>
  `${whole === true ? 'a whole number' : 'a number'}${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`

const numberOf = (name: string, option: NumberOption, text: string): number => {
  const value = Number(text)
  const { whole, from = -Infinity, to = Infinity } = option
  if (!isNumber(text) || value < from || value > to || (whole === true && !Number.isSafeInteger(value)))
    throw usageFault(`--${name} is "${text}", not ${rangeOf(option)}`, 'Give another value')
  return value
}

const valueOf = (name: string, option: Option, given: readonly (string | undefined)[] | undefined): unknown => {
  if (option.type === 'flag') return given !== undefined
  if (option.type === 'text' && option.many === true) return given ?? []
  const last = given?.at(-1)
  if (last !== undefined) return option.type === 'number' ? numberOf(name, option, last) : last
  if (option.type === 'text' && option.required === true)
    throw usageFault(`--${name} ${option.value} is missing`, 'Add it')
  return option.default
}

/** Options as they stand on the command line, each one known and with a value where it takes one. */
const readTokens = (
  options: Options,
  argv: readonly string[],
): { readonly given: Given; readonly positionals: readonly string[] } => {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(
        ([name, { type, short }]) =>
          [
            name,
            { type: type === 'flag' ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) },
          ] as const,
      ),
    ),
    strict: false,
    tokens: true,
  })
  const spelled = Object.entries(options).flatMap(([name, { short }]) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ])
  const given: Record<string, (string | undefined)[]> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = options[token.name]
    if (option === undefined)
      throw usageFault(`unknown option ${token.rawName}`, didYouMean(token.rawName, spelled, 'Leave it out'))
    if (option.type === 'flag' && token.value !== undefined)
      throw usageFault(`${token.rawName} takes no value, found "${token.value}"`, 'Leave the value out')
    if (option.type !== 'flag' && (token.value === undefined || (!token.inlineValue && spelled.includes(token.value))))
      throw usageFault(`${token.rawName} needs a value`, `Write ${token.rawName} ${option.value}`)
    given[token.name] = [...(given[token.name] ?? []), token.value]
  }
  return { given, positionals }
}

/** Reads a command's arguments by the table of its options. */
export const parseArguments = <T extends Options>(
  options: T,
  wanted: readonly Positional[],
  argv: readonly string[],
): E.Either<UsageFault, Parsed<T>> =>
  E.tryCatch(
    () => {
      const { given, positionals } = readTokens(options, argv)
      if (positionals.length > wanted.length)
        throw usageFault(`unexpected argument "${positionals[wanted.length]}"`, 'Quote text that has spaces')
      const missing = wanted[positionals.length]
      if (missing !== undefined) throw usageFault(`${missing.name} is missing`, `Give ${missing.about}`)
      const values = Object.fromEntries(
        Object.entries(options).map(([name, option]) => [name, valueOf(name, option, given[name])]),
      )
      return { values: values as Values<T>, positionals }
    },
    (thrown) => thrown as UsageFault,
  )
