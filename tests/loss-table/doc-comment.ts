/** What a doc comment says, by its parts. */
export interface DocComment {
  /** The first paragraph. */
  readonly summary: string
  /** Lines of the first block that is indented. */
  readonly formula: readonly string[]
  readonly tags: readonly { readonly name: string; readonly text: string }[]
}

/** The lines of the comment that stands right before `export const NAME`, without their stars; none: []. */
const linesBefore = (source: string, name: string): readonly string[] => {
  const at = new RegExp(`^export (?:const|function) ${name}\\b`, 'm').exec(source)?.index
  const before = source.slice(0, at ?? 0).trimEnd()
  if (!before.endsWith('*/')) return []
  const comment = before.slice(before.lastIndexOf('/**') + 3, -2)
  return comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
}

/** A paragraph as one line. */
const joined = (lines: readonly string[]): string => lines.join(' ').replace(/\s+/g, ' ').trim()

/** The doc comment of an exported function in a source file. */
export const docCommentOf = (source: string, name: string): DocComment => {
  const lines = linesBefore(source, name)
  const firstTag = lines.findIndex((line) => line.startsWith('@'))
  const text = lines.slice(0, firstTag < 0 ? lines.length : firstTag)
  const paragraph = text.findIndex((line, i) => line === '' && joined(text.slice(0, i)) !== '')
  const block = text.findIndex((line) => line.startsWith('  '))
  const blockEnd = text.findIndex((line, i) => i > block && !line.startsWith('  '))
  const tags = (firstTag < 0 ? '' : lines.slice(firstTag).join('\n')).split(/^@/m).filter((tag) => tag !== '')
  return {
    summary: joined(text.slice(0, paragraph < 0 ? text.length : paragraph)),
    formula: block < 0 ? [] : text.slice(block, blockEnd < 0 ? text.length : blockEnd).map((line) => line.trim()),
    tags: tags.map((tag) => {
      const [, tagName = '', rest = ''] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? []
      return { name: tagName, text: joined(rest.split('\n')) }
    }),
  }
}
