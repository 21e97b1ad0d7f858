/**
 * npm run loss-table
 *
 * Writes the tables of packages/losses/README.md from the doc comments of what the package exports.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { lossTable, withTable } from './loss-table.ts'

const README = 'packages/losses/README.md'

writeFileSync(README, withTable(readFileSync(README, 'utf8'), lossTable('packages/losses/src')))
