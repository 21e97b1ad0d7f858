const ESCAPE = /\\(.)/gs

/** What Python lets be escaped, as `re.escape` does with some of it, and JavaScript does not. */
const PUNCTUATION = /[\t-\r !"#%&',:;<=>@_`~-]/

const inHexadecimal = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`

/** A set of characters, an escape, or the start of a named group. */
const PARTS = /\[(?:\\.|[^\\\]])*\]?|\\.|\(\?P</gs

/**
 * A regular expression of Python's `re` for JavaScript's `u`: `(?i)` at its start is a flag, `(?P<name>…)` is a named
 * group, and punctuation that is escaped is itself. Everything else is as it was, and what JavaScript cannot read of it
 * is its SyntaxError.
 *
 * @see https://docs.python.org/3/library/re.html#regular-expression-syntax
 * @example pythonExpression('(?i)lm\\-head') // { source: 'lm\\x2dhead', flags: 'iu' }
 */
export const pythonExpression = (expression: string): { readonly source: string; readonly flags: string } => {
  const ignoresCase = expression.startsWith('(?i)')
  const source = (ignoresCase ? expression.slice('(?i)'.length) : expression).replace(PARTS, (part) =>
    part === '(?P<'
      ? '(?<'
      : part.replace(ESCAPE, (escape, character: string) =>
          PUNCTUATION.test(character) ? inHexadecimal(character) : escape,
        ),
  )
  return { source, flags: ignoresCase ? 'iu' : 'u' }
}
