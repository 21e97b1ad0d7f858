import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

const fresh = (): string => mkdtempSync(join(tmpdir(), 'gfnlm-folder-'))

test('a folder is made with those above it, and left as it is where it is', () => {
  const folder = fresh()
  const deep = join(folder, 'a', 'b', 'c')
  makeFolder(deep)
  writeFileSync(join(deep, 'file'), '')
  makeFolder(deep)
  expect(readdirSync(deep)).toEqual(['file'])
  makeFolder(join(relative(process.cwd(), folder), 'd', 'e'))
  expect(readdirSync(folder).sort()).toEqual(['a', 'd'])
})

test('below a file there is no folder', () => {
  const file = join(fresh(), 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(join(file, 'a', 'b'))).toThrow(/ENOTDIR|ENOENT/)
})

test.runIf(process.platform === 'linux')('a place that takes no folders is an error at once', () => {
  expect(() => makeFolder('/proc/gfnlm/a/b')).toThrow(/ENOENT.*\/proc\/gfnlm'/)
})
