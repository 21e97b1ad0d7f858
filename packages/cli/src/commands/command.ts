import { resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Terminal } from '@gfnlm/trainer'
import { COMMON_OPTIONS, type CommonOptions } from '../arguments/common-options.ts'
import type { Options, Positional, Values } from '../arguments/options.ts'
import { parseArguments } from '../arguments/parse-arguments.ts'

/** Where a command writes: results on `out`, everything else on `err`. */
export interface Output {
  readonly out: (text: string) => void
  readonly err: Terminal
}

/** What a command is, whatever it does. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly positionals: readonly Positional[]
  readonly options: Options
  /** Lines that follow the options in its help. */
  readonly more?: string
  readonly example: string
  /** Runs it; resolves to the exit code, rejects with a Fault. */
  readonly run: (argv: readonly string[], output: Output) => Promise<number>
}

export interface CommandSpec<T extends Options> extends Omit<Command, 'options' | 'run'> {
  readonly options: T
  readonly act: (values: Values<T & CommonOptions>, positionals: readonly string[], output: Output) => Promise<number>
}

/** A command whose action gets its options, and those that every command has, with their types. */
export const command = <T extends Options>({ act, ...spec }: CommandSpec<T>): Command => {
  const options: T & CommonOptions = { ...spec.options, ...COMMON_OPTIONS }
  return {
    ...spec,
    options,
    run: async (argv, output) => {
      const parsed = parseArguments(options, spec.positionals, argv)
      if (E.isLeft(parsed)) throw parsed.left
      const { values, positionals } = parsed.right
      const { profile } = values as Values<CommonOptions>
      // read by the engine's thread when it starts
      if (profile !== undefined) process.env['GFNLM_PROFILE'] = resolve(profile)
      return act(values, positionals, output)
    },
  }
}
