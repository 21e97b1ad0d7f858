import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { docCommentOf } from './doc-comment.ts'
import { exportedOf } from './exported.ts'
import { isLoss, lossTable, withTable } from './loss-table.ts'

const src = fileURLToPath(new URL('../../packages/losses/src', import.meta.url))
const readme = readFileSync(`${src}/../README.md`, 'utf8')
const losses = exportedOf(src).filter(isLoss)

test('the table in the README is that of the doc comments (npm run loss-table writes it)', () => {
  expect(withTable(readme, lossTable(src))).toBe(readme)
})

const named = losses.map((loss) => [loss.name, loss] as const)

test.each(named)('%s says what it is, its formula, its source and how to call it', (_, { doc }) => {
  expect(doc.summary).toMatch(/\w.*\.$/)
  expect(doc.formula.length).toBeGreaterThan(0)
  expect(doc.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(['returns', 'throws', 'see', 'example']))
})

test('every loss is in a table of laws', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('laws.test.ts'))
  const tables = files.map((file) => readFileSync(`${src}/${file}`, 'utf8')).join()
  expect(losses.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(tables))).toEqual([])
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
