import { type Exported, exportedOf } from './exported.ts'
import { type Types, typesIn } from './types.ts'

/** Folders of the package, as they are called in its table. */
const FAMILIES = {
  gflownet: 'GFlowNet',
  preference: 'Preference',
  'policy-gradient': 'Policy gradient',
  supervised: 'Supervised',
  'reward-model': 'Reward model',
  distillation: 'Distillation',
} as const

const tag = ({ doc }: Exported, name: string): string => doc.tags.find((t) => t.name === name)?.text ?? ''

/** A loss is what returns terms. */
export const isLoss = (exported: Exported): boolean => /\bterms \[/.test(tag(exported, 'returns'))

const cell = (text: string): string => text.replaceAll('|', '\\|')

const code = (text: string): string => `\`${text}\``

/** A text up to its first full stop. */
const firstSentence = (text: string): string => /^(.*?)\.(?:\s|$)/.exec(text)?.[1] ?? text

/** How a declaration says what its loss is given. */
const INPUTS = [
  /(?:Pair|Completion)Loss<(\w+)>/,
  /\(\s*\w+: (\w+),?\s*\) => Terms/,
  /\}: (\w+)\): Terms/,
  /\w+: (\w+)\): Terms/,
  /\(\w+: (\w+)<\w+>\) => Terms/,
]

/** The type of what a loss is given, from its declaration. */
const inputType = ({ declaration }: Exported): string => {
  const head = declaration.slice(0, declaration.indexOf('=> {') + 1 || 800)
  for (const pattern of INPUTS) {
    const found = pattern.exec(head)?.[1]
    if (found !== undefined) return found
  }
  return /PolicyGradientLoss\b/.test(head) ? 'PolicyGradientInputs' : ''
}

/** Fields of the type of what a loss is given; for a type that has none of its own, what its comment says. */
const inputs = (exported: Exported, types: Types): string => {
  const type = inputType(exported)
  const fields = types.fields(type).map(({ name, optional }) => code(optional ? `${name}?` : name))
  if (fields.length > 0) return fields.join(', ')
  return firstSentence(types.doc(type)) || (type === '' ? '' : code(type))
}

/** What a text says a default is: up to the end of the clause, and an alternative of it. */
const DEFAULT = /\bdefault (`[^`]+`|[^,;:(]+?)(, or [^,;:(]+?)?(?=$|[,;:(]|\.\s|\.$)/i

const option = (name: string, text: string): string => {
  const [, value, otherwise = ''] = DEFAULT.exec(text) ?? []
  return value === undefined ? code(name) : `${code(name)} = ${`${value}${otherwise}`.replaceAll('`', '').trim()}`
}

/** The type of the options of a loss of the policy-gradient family, which all share some. */
const optionsType = ({ declaration }: Exported): string =>
  /\boptions(?:,?\s*\})?: (.+?)(?: = \{\})?,?\s*\): PolicyGradientLoss/s.exec(declaration.slice(0, 600))?.[1] ?? ''

/** Options with their defaults: those the comment describes one by one and others of their type, or the declaration's. */
const options = (exported: Exported, types: Types): string => {
  const { doc, declaration } = exported
  const described = doc.tags.flatMap(({ name, text }) => {
    const [, of, meaning] = (name === 'param' ? /^options\.(\w+)\s+(.*)$/.exec(text) : null) ?? []
    return of === undefined || meaning === undefined ? [] : [{ of, cell: option(of, meaning) }]
  })
  const others = types
    .fields(optionsType(exported))
    .filter(({ name }) => !described.some(({ of }) => of === name))
    .map((field) => option(field.name, field.doc))
  if (described.length + others.length > 0) return [...described.map((one) => one.cell), ...others].join(', ')
  const [own] = declaration.split('\nexport ')
  const [, list = ''] = /optionsOf\([^{]*\{([^}]*)\}\)/.exec(own) ?? []
  const pairs = [...list.matchAll(/(\w+): ([^,\n]+)/g)]
  return pairs.map(([, name, value]) => `${code(name)} = ${value.trim()}`).join(', ')
}

const row = (exported: Exported, types: Types): string => {
  const { name, file, doc } = exported
  const columns = [
    `[${code(name)}](src/${file})`,
    doc.formula.map((line) => code(line.replaceAll('`', '').replace(/\s{2,}/g, '  '))).join('<br>'),
    inputs(exported, types),
    options(exported, types),
    tag(exported, 'see'),
  ]
  return `| ${columns.map(cell).join(' | ')} |`
}

const familyOf = ({ file }: Exported): string => file.split('/')[0]

/** The tables of a losses package: its losses by family, and what goes with them. */
export const lossTable = (src: string): string => {
  const [all, types] = [exportedOf(src), typesIn(src)]
  const families = Object.entries(FAMILIES).map(([folder, title]) => {
    const losses = all.filter((exported) => familyOf(exported) === folder && isLoss(exported))
    const head = ['| loss | formula | inputs | options = default | from |', '|---|---|---|---|---|']
    return [`### ${title}`, '', ...head, ...losses.map((loss) => row(loss, types)), '']
  })
  const others = all.filter((exported) => !isLoss(exported) && exported.doc.summary !== '')
  const what = ({ doc }: Exported): string => cell(firstSentence(doc.summary))
  const beside = others.map((other) => `| [${code(other.name)}](src/${other.file}) | ${what(other)} |`)
  return [...families.flat(), '### What goes with them', '', '| export | what |', '|---|---|', ...beside].join('\n')
}

const MARKS = ['<!-- losses: written by `npm run loss-table` -->', '<!-- /losses -->'] as const

/** A README with its table as it is now; throws an Error where there is no place for it. */
export const withTable = (readme: string, table: string): string => {
  const [start, end] = MARKS.map((mark) => readme.indexOf(mark))
  if (start < 0 || end < start) throw new Error(`the README has no ${MARKS[0]} … ${MARKS[1]}`)
  return `${readme.slice(0, start)}${MARKS[0]}\n\n${table}\n\n${readme.slice(end)}`
}
