import { type Exported, type FieldsOf, exportedOf, fieldsIn } from './exported.ts'

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

/** How a declaration says what its loss is given. */
const INPUTS = [
  /(?:Pair|Completion)Loss<(\w+)>/,
  /\(\s*\w+: (\w+),?\s*\) => Terms/,
  /\}: (\w+)\): Terms/,
  /\w+: (\w+)\): Terms/,
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

const inputs = (exported: Exported, fieldsOf: FieldsOf): string => {
  const type = inputType(exported)
  const fields = fieldsOf(type)
  return fields.length === 0 ? (type === '' ? '' : code(type)) : fields.map(code).join(', ')
}

/** Options with their defaults: those the comment describes one by one, or those of the declaration. */
const options = ({ doc, declaration }: Exported): string => {
  const described = doc.tags.flatMap(({ name, text }) => {
    const [, option, meaning] = (name === 'param' ? /^options\.(\w+)\s+(.*)$/.exec(text) : null) ?? []
    if (option === undefined || meaning === undefined) return []
    const value = /\bdefault (`[^`]+`|[^,;:(]+?)(?=$|[,;:(]|\.\s|\.$)/.exec(meaning)?.[1]?.trim()
    return [`${code(option)}${value === undefined ? '' : ` = ${value.replaceAll('`', '')}`}`]
  })
  if (described.length > 0) return described.join(', ')
  const [, list = ''] = /= (?:<[^(]*>)?\(\s*\{([^}]*)\}: [^)]* = \{\}/.exec(declaration.slice(0, 600)) ?? []
  const pairs = [...list.matchAll(/(\w+)(?::\s*\w+)? = ([^,\n]+)/g)]
  return pairs.map(([, name, value]) => `${code(name)} = ${value.trim()}`).join(', ')
}

const row = (exported: Exported, fieldsOf: FieldsOf): string => {
  const { name, file, doc } = exported
  const columns = [
    `[${code(name)}](src/${file})`,
    doc.formula.map((line) => code(line.replaceAll('`', '').replace(/\s{2,}/g, '  '))).join('<br>'),
    inputs(exported, fieldsOf),
    options(exported),
    tag(exported, 'see'),
  ]
  return `| ${columns.map(cell).join(' | ')} |`
}

const firstSentence = (text: string): string => /^(.*?)\.(?:\s|$)/.exec(text)?.[1] ?? text

const familyOf = ({ file }: Exported): string => file.split('/')[0]

/** The tables of a losses package: its losses by family, and what goes with them. */
export const lossTable = (src: string): string => {
  const [all, fieldsOf] = [exportedOf(src), fieldsIn(src)]
  const families = Object.entries(FAMILIES).map(([folder, title]) => {
    const losses = all.filter((exported) => familyOf(exported) === folder && isLoss(exported))
    const head = ['| loss | formula | inputs | options = default | from |', '|---|---|---|---|---|']
    return [`### ${title}`, '', ...head, ...losses.map((loss) => row(loss, fieldsOf)), '']
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
