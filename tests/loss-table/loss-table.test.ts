import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { docCommentOf } from './doc-comment.ts'
import { exportedOf } from './exported.ts'
import { isLoss, lossTable, withTable } from './loss-table.ts'
import { requiredInputs } from './required-inputs.ts'

const src = fileURLToPath(new URL('../../packages/losses/src', import.meta.url))
const readme = readFileSync(`${src}/../README.md`, 'utf8')
const exported = exportedOf(src)
const losses = exported.filter(isLoss)
const table = lossTable(src)

test('the table in the README is that of the doc comments (npm run loss-table writes it)', () => {
  expect(withTable(readme, table)).toBe(readme)
})

const named = losses.map((loss) => [loss.name, loss] as const)

test.each(named)('%s says what it is, its formula, its source and how to call it', (_, { doc }) => {
  expect(doc.summary).toMatch(/\w.*\.$/)
  expect(doc.formula.length).toBeGreaterThan(0)
  expect(doc.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(['returns', 'throws', 'see', 'example']))
})

/** Columns of a loss's row; a bar within one is escaped. */
const columnsOf = (loss: string): readonly string[] => {
  const row = table.split('\n').find((line) => line.startsWith(`| [\`${loss}\`]`))
  return (row ?? '').split(/(?<!\\)\|/).map((column) => column.trim())
}

describe('as the compiler knows the losses', () => {
  const names = exported.map(({ name }) => name)
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  let required: ReturnType<typeof requiredInputs> = new Map()
  beforeAll(() => {
    required = requiredInputs(`${src}/../dist/index.js`, names, tsc)
  }, 60_000)

  test('each has a row, but for the sum of others', () => {
    expect([...required.keys()].filter((name) => name !== 'sumOfLosses')).toEqual(losses.map(({ name }) => name))
  })

  test('each is in a table of laws, by its name', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    const tables = files.filter((file) => file.endsWith('laws.test.ts')).map((file) => readFileSync(`${src}/${file}`))
    const inTables = (name: string): boolean => new RegExp(`['\`]${name}['\`,]`).test(tables.join())
    expect([...required.keys()].filter((name) => !inTables(name))).toEqual([])
  })

  test('a row has every field that its loss cannot do without', () => {
    expect(required.get('tpo')).toContain('goldNll')
    expect([...required.keys()].filter((name) => required.get(name)?.includes('any'))).toEqual(['multiLoss'])
    for (const [loss, fields] of [...required].filter(([name]) => name !== 'sumOfLosses')) {
      const inputs = columnsOf(loss)[3]
      expect(inputs, loss).not.toBe('')
      expect(fields.length, loss).toBeGreaterThan(0)
      const missing = fields.filter((field) => field !== 'any' && !inputs.includes(`\`${field}\``))
      expect(missing, loss).toEqual([])
    }
  })
})

test('a row has the options that a family shares, and the whole of a default', () => {
  const shared = ['beta', 'divergence', 'entropyBonus', 'sharing']
  const clipped = ['bnpo', 'dapo', 'drGRPO', 'grpo', 'gspo', 'gspoToken', 'luspo', 'rloo', 'ppoPolicy']
  for (const loss of [...clipped, 'gmpo', 'cispo', 'sapo', 'vespo', 'reinforce'])
    for (const option of [...shared, ...(clipped.includes(loss) ? ['delta'] : [])])
      expect(columnsOf(loss)[4], loss).toContain(`\`${option}\` = `)
  expect(columnsOf('gmpo')[4]).not.toContain('delta')
  for (const loss of ['gspo', 'gspoToken'])
    expect(columnsOf(loss)[4]).toContain('`epsilonHigh` = epsilon, or 4e-4 where neither is given')
  expect(columnsOf('vespo')[4]).toContain('`positive` = { k: 2, lambda: 3 }, `negative` = { k: 3, lambda: 2 }')
})

test('a comment is read by its parts', () => {
  const source = [
    '/** Another. */',
    'export const other = 1',
    '/**',
    ' * What it is,',
    ' * in a sentence.',
    ' *',
    ' *   term = a | b',
    ' *   loss = c',
    ' *',
    ' * More.',
    ' *',
    ' * @param options.beta β, default 2',
    ' * @see Somebody,',
    ' *      somewhere',
    ' */',
    'export const it = () => 0',
  ].join('\n')
  expect(docCommentOf(source, 'it')).toEqual({
    summary: 'What it is, in a sentence.',
    formula: ['term = a | b', 'loss = c'],
    tags: [
      { name: 'param', text: 'options.beta β, default 2' },
      { name: 'see', text: 'Somebody, somewhere' },
    ],
  })
  expect(docCommentOf(source, 'other')).toEqual({ summary: 'Another.', formula: [], tags: [] })
  expect(docCommentOf(source, 'nothing')).toEqual({ summary: '', formula: [], tags: [] })
})

test('a README without a place for the table is an error', () => {
  expect(() => withTable('# losses', '')).toThrow('the README has no <!-- losses')
})
