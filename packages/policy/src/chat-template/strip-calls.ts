/** A node of the library's syntax tree; only what is read here. */
interface Node {
  type?: string
  callee?: Node
  object?: Node
  property?: Node
  computed?: boolean
  value?: unknown
  args?: readonly Node[]
}

const STRIPS: readonly unknown[] = ['strip', 'lstrip', 'rstrip']

/** The function that the rewritten calls call. */
export const STRIP = 'gfnlm_strip'

/** Python's `str.strip`, `lstrip` and `rstrip`: takes the given characters (default: white space) off the ends. */
export const strip = (text: string, method: string, characters?: string | null): string => {
  const all = [...text]
  const goes = (character: string): boolean =>
    typeof characters === 'string' ? characters.includes(character) : /\s/.test(character)
  const first = method === 'rstrip' ? 0 : all.findIndex((character) => !goes(character))
  const last = method === 'lstrip' ? all.length - 1 : all.findLastIndex((character) => !goes(character))
  return first < 0 ? '' : all.slice(first, last + 1).join('')
}

/**
 * Turns `text.lstrip('\n')` of a parsed template, wherever it is, into a call of `strip`: the library's methods of this
 * name take white space off whatever they are told, and Qwen's and others' templates tell them line feeds.
 */
export const rewriteStrips = (node: unknown): void => {
  if (typeof node !== 'object' || node === null) return
  Object.values(node instanceof Map ? [...node].flat() : node).forEach(rewriteStrips)
  const call = node as Node
  const { type, callee, args = [] } = call
  if (type !== 'CallExpression' || callee?.type !== 'MemberExpression' || callee.computed === true) return
  if (args.length === 0 || !STRIPS.includes(callee.property?.value)) return
  call.args = [callee.object ?? {}, { type: 'StringLiteral', value: callee.property?.value }, ...args]
  call.callee = { type: 'Identifier', value: STRIP }
}
