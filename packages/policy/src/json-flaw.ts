import { shown } from './architectures/config-fields.ts'

/** What a JSON text of somebody else's may be before it is parsed. */
export interface JsonBounds {
  /** Objects and lists inside one another. */
  readonly depth: number
  /** Values of all objects and lists. */
  readonly values: number
  /** Names of one object. */
  readonly names: number
  /** Characters of a name. */
  readonly name: number
  /** Whether an object may have a name once only. */
  readonly unique: boolean
}

/** Why a JSON text is not to be parsed: what bound it breaks, or the path of a name that is there twice. */
export type JsonFlaw =
  | { readonly breaks: 'depth' | 'values' | 'names' | 'name' }
  | { readonly breaks: 'unique'; readonly path: readonly string[] }

/** A flaw in words that follow what has it. */
export const flawText = (flaw: JsonFlaw, { depth, values, names, name }: JsonBounds): string => {
  switch (flaw.breaks) {
    case 'depth':
      return `nests more than ${depth} deep`
    case 'values':
      return `has more than ${values} values`
    case 'names':
      return `has an object of more than ${names} names`
    case 'name':
      return `has a name of more than ${name} characters`
    case 'unique':
      return `has ${shown(flaw.path.at(-1))} twice in one object`
  }
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Where the text that opens at `open` closes; the end of all where it does not. */
const closing = (json: string, open: number): number => {
  let at = open + 1
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1
  return Math.min(at, json.length)
}

/** The name written from one quotation mark to another; as it stands where its escapes are none. */
const nameOf = (json: string, open: number, close: number): string => {
  const written = json.slice(open + 1, close)
  if (!written.includes('\\')) return written
  try {
    return JSON.parse(`"${written}"`) as string
  } catch {
    return written
  }
}

/** An object or a list that is open. */
interface Level {
  readonly isObject: boolean
  /** Of an object whose names must be unique, those that were there. */
  readonly seen: Set<string> | undefined
  names: number
  last: string
}

/**
 * The first thing in a JSON text that breaks its bounds, in one pass that keeps no more than the names of the objects
 * that are open. What is no JSON has flaws or none, and is left to JSON.parse, which takes time and memory in
 * proportion to what is bounded here, and keeps the last of two values of one name without a word.
 *
 * @example jsonFlaw('{"a": {"b": 1, "b": 2}}', bounds) // { breaks: 'unique', path: ['a', 'b'] }
 */
export const jsonFlaw = (json: string, { depth, values, names, name, unique }: JsonBounds): JsonFlaw | undefined => {
  const levels: Level[] = []
  let count = 0
  /** Whether what comes next is the first part of a member or of an element. */
  let begins = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      const close = closing(json, at)
      const level = levels.at(-1)
      if (begins && level?.isObject === true) {
        if (close - at - 1 > name) return { breaks: 'name' }
        if (++level.names > names) return { breaks: 'names' }
        if (level.seen !== undefined) {
          level.last = nameOf(json, at, close)
          if (level.seen.has(level.last)) return { breaks: 'unique', path: levels.map(({ last }) => last) }
          level.seen.add(level.last)
        }
      }
      begins = false
      at = close
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      levels.pop()
      begins = false
    } else if (code === COMMA || code === OPEN_OBJECT || code === OPEN_LIST) {
      const isObject = code === OPEN_OBJECT
      if (code !== COMMA)
        levels.push({ isObject, seen: isObject && unique ? new Set() : undefined, names: 0, last: '' })
      if (levels.length > depth) return { breaks: 'depth' }
      if (++count > values) return { breaks: 'values' }
      begins = true
    }
  }
  return undefined
}
