import { readFileSync } from 'node:fs'
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
