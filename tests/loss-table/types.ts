import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A field of an object type. */
export interface Field {
  readonly name: string
  readonly optional: boolean
  /** Its doc comment as one line; '' where it has none. */
  readonly doc: string
}

/** What a package's sources say of their types, exported or not. */
export interface Types {
  /** Fields of a type expression, its own and those it is put together from; none for what is no object type. */
  readonly fields: (expression: string) => readonly Field[]
  /** The doc comment of a type, as one line. */
  readonly doc: (name: string) => string
}

interface Declared {
  readonly doc: string
  /** Type expressions whose fields it has, too. */
  readonly parents: readonly string[]
  readonly own: readonly Field[]
}

const DOC = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\s*)?`
const INTERFACE = `${DOC}^(?:export )?interface (\\w+)(?:<[^{]*>)?(?: extends ([^{]+))? \\{(\\}|[\\s\\S]*?\\n\\})`
const ALIAS = `${DOC}^(?:export )?type (\\w+)(?:<[^=]*>)? =\\s+([^\\n]+)`
const FIELD = `${DOC}readonly (\\w+)(\\??):`

const oneLine = (comment = ''): string =>
  comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()

/** Parts of a list or of an intersection; a separator within brackets separates nothing. */
const parts = (text: string, separator: ',' | '&'): readonly string[] => {
  const depthAt = (at: number): number =>
    text.slice(0, at).split(/[<{(]/).length - text.slice(0, at).replaceAll('=>', '').split(/[>})]/).length
  const cuts = [...text.matchAll(/[,&]/g)]
    .map(({ index }) => index)
    .filter((at) => text[at] === separator && depthAt(at) === 0)
  return [...cuts, text.length].map((cut, i) => text.slice(i === 0 ? 0 : cuts[i - 1] + 1, cut).trim())
}

const fieldsOfBody = (body: string): readonly Field[] =>
  [...body.matchAll(new RegExp(FIELD, 'g'))].map(([, doc, name, mark]) => ({
    name,
    optional: mark === '?',
    doc: oneLine(doc),
  }))

/** Every declaration of a type in a source. */
const declaredIn = (source: string): readonly (readonly [string, Declared])[] => [
  ...[...source.matchAll(new RegExp(INTERFACE, 'gm'))].map(
    ([, doc, name, parents, body]) =>
      [
        name,
        { doc: oneLine(doc), parents: parents === undefined ? [] : parts(parents, ','), own: fieldsOfBody(body) },
      ] as const,
  ),
  ...[...source.matchAll(new RegExp(ALIAS, 'gm'))].map(
    ([, doc, name, is]) => [name, { doc: oneLine(doc), parents: [is], own: [] }] as const,
  ),
]

/** Reads the types of a package. */
export const typesIn = (src: string): Types => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  const known = new Map(files.flatMap((file) => declaredIn(readFileSync(join(src, file), 'utf8'))))

  const all = (expression: string): readonly Field[] => {
    const joined = parts(expression, '&')
    if (joined.length > 1) return joined.flatMap(all)
    if (expression.startsWith('{')) return fieldsOfBody(expression)
    const [, of, without] = /^Omit<(.*), ((?:'\w+'(?: \| )?)+)>$/.exec(expression) ?? []
    if (of !== undefined) return all(of).filter(({ name }) => !without.includes(`'${name}'`))
    const found = known.get(expression)
    return found === undefined ? [] : [...found.parents.flatMap(all), ...found.own]
  }
  return {
    // A field that is declared again is required: the last word on it counts.
    fields: (expression) => {
      const fields = all(expression)
      return fields.filter(({ name }, i) => !fields.some((other, j) => j > i && other.name === name))
    },
    doc: (name) => known.get(name)?.doc ?? '',
  }
}
