import { shortened } from '../architectures/config-fields.ts'
import { reasonOf } from '../policy-fault.ts'
import type { ModuleSelection } from './lora-config.ts'
import { pythonExpression } from './python-expression.ts'

/** Python's regular expression, which must match all of a string. Throws a SyntaxError where JavaScript has none for it. */
const whole = (pattern: string): RegExp => {
  const { source, flags } = pythonExpression(pattern)
  try {
    return new RegExp(`^(?:${source})$`, flags)
  } catch (caught) {
    // The engine's own message has all of the expression, however long, before its reason.
    throw new SyntaxError(`Invalid regular expression: ${shortened(pattern)}: ${reasonOf(caught).split(': ').at(-1)}`)
  }
}

/** The expression that a selection is, if it is one. Throws a SyntaxError where it is none. */
export const expressionsOf = (selection: ModuleSelection): readonly RegExp[] =>
  typeof selection === 'string' ? [whole(selection)] : []

/** The expressions that the keys of a pattern are. Throws a SyntaxError for a key that is none. */
export const expressionsIn = (pattern: Readonly<Record<string, number>> = {}): readonly RegExp[] =>
  Object.keys(pattern).map((key) => whole(`(?:.*\\.)?(?:${key})`))

/** Whether one of the names is a module's path or the end of it. */
export const isListed = (path: string, names: readonly string[]): boolean =>
  names.some((name) => path === name || path.endsWith(`.${name}`))

/**
 * Whether a module is selected, as PEFT's `check_target_module_exists` decides. Throws a SyntaxError for a string that
 * is no regular expression.
 */
export const selects = (selection: ModuleSelection): ((path: string) => boolean) => {
  if (typeof selection !== 'string') return (path) => isListed(path, selection)
  const expressions = expressionsOf(selection)
  return (path) => expressions.every((expression) => expression.test(path))
}

/**
 * What a pattern of PEFT (`rank_pattern`, `alpha_pattern`) has for a module: the value of its first key that matches
 * the path or the end of it after a dot. Throws a SyntaxError for a key that is no regular expression.
 */
export const valueFor = (pattern: Readonly<Record<string, number>> = {}): ((path: string) => number | undefined) => {
  const [expressions, values] = [expressionsIn(pattern), Object.values(pattern)]
  return (path) => values[expressions.findIndex((expression) => expression.test(path))]
}

/** The layer that a path lies in, as PEFT reads it: its first part that is a number after two others. */
export const layerOf = (path: string): number | undefined => {
  const found = /^.*?\.[^.]*\.(\d+)\./u.exec(path)?.[1]
  return found === undefined ? undefined : Number(found)
}
