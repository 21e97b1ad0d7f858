/**
 * A markdown text with the blocks between its markers replaced: `<!-- bench: NAME -->` to `<!-- /bench -->`. Blocks
 * that are not given stay as they are.
 */
export const fill = (markdown: string, blocks: Readonly<Record<string, string>>): string =>
  markdown.replace(
    /(<!-- bench: (\S+) -->\n)[\s\S]*?(<!-- \/bench -->)/g,
    (whole, begin: string, name: string, end: string) =>
      blocks[name] === undefined ? whole : `${begin}${blocks[name]}\n${end}`,
  )
