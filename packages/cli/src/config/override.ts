import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import { parse } from 'yaml'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const withField = (config: unknown, [first, ...rest]: readonly string[], value: unknown): unknown => {
  // A short form (`reward: likelihood`) is its kind, or the file of prompts.
  const here = isObject(config) ? config : typeof config === 'string' ? { kind: config } : {}
  return { ...here, [first!]: rest.length === 0 ? value : withField(here[first!], rest, value) }
}

/**
 * A config with one field replaced, as `--set` has it: `a.b=c`, the value read as YAML.
 *
 * @example override({ steps: 10 }, 'optimizer.learningRate=1e-4') // => right({ steps: 10, optimizer: { learningRate: 0.0001 } })
 */
export const override = (config: unknown, assignment: string): E.Either<Fault, unknown> => {
  const at = assignment.indexOf('=')
  const path = assignment.slice(0, at).trim().split('.')
  if (at <= 0 || path.includes(''))
    return E.left(fault('Usage', `--set ${assignment} sets nothing`, 'Write --set field.field=value'))
  return E.tryCatch(
    () => withField(config, path, parse(assignment.slice(at + 1))),
    (cause) =>
      fault(
        'Usage',
        `--set ${assignment}: the value cannot be read: ${(cause as Error).message.split('\n')[0]}`,
        'Quote it as YAML has it',
      ),
  )
}
