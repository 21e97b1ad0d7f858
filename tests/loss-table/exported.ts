import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DocComment, docCommentOf } from './doc-comment.ts'

/** A function or constant that a package exports. */
export interface Exported {
  readonly name: string
  /** Its file from `src`: `gflownet/flow-rl.ts`. */
  readonly file: string
  readonly doc: DocComment
  /** The text of the file from the declaration on. */
  readonly declaration: string
}

/** Fields of every interface in a package's sources, its own and those it extends. */
export type FieldsOf = (type: string) => readonly string[]

const EXPORT = /export (type )?\{([^}]*)\} from '\.\/([^']+)'/g

/** What a package exports that is no type, in the order of its index. */
export const exportedOf = (src: string): readonly Exported[] =>
  [...readFileSync(join(src, 'index.ts'), 'utf8').matchAll(EXPORT)].flatMap(([, onlyTypes, names, file]) => {
    if (onlyTypes !== undefined) return []
    const source = readFileSync(join(src, file), 'utf8')
    const listed = names.split(',').map((name) => name.trim())
    return listed
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => {
        const at = new RegExp(`^export (?:const|function) ${name}\\b`, 'm').exec(source)?.index ?? 0
        return { name, file, doc: docCommentOf(source, name), declaration: source.slice(at) }
      })
  })

const INTERFACE = /export interface (\w+)(?:<[^{]*>)?(?: extends ([^{]+))? \{(\}|[\s\S]*?\n\})/g

/** Reads the interfaces of a package. */
export const fieldsIn = (src: string): FieldsOf => {
  const known = new Map<string, { readonly parents: readonly string[]; readonly own: readonly string[] }>()
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  for (const file of files)
    for (const [, name, parents = '', body] of readFileSync(join(src, file), 'utf8').matchAll(INTERFACE))
      known.set(name, {
        parents: parents
          .split(',')
          .map((parent) => parent.trim())
          .filter((parent) => parent !== ''),
        own: [...body.matchAll(/^ {2}readonly (\w+\??):/gm)].map(([, field]) => field),
      })
  const fields: FieldsOf = (type) => {
    const found = known.get(type)
    return found === undefined ? [] : [...found.parents.flatMap(fields), ...found.own]
  }
  return (type) => {
    const all = fields(type)
    // A field that is declared again is required: the last word on it counts.
    return all.filter((field, i) => !all.some((other, j) => j > i && other.replace('?', '') === field.replace('?', '')))
  }
}
