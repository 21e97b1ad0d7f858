import { existsSync } from 'node:fs'
import { readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { freshDirectory, leftOf, rightOf } from './testing/small-models.ts'
import { writeBeside, writeJson } from './write-beside.ts'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await freshDirectory()
  path = join(directory, 'file')
  await writeFile(path, 'old')
})

const untouched = async (): Promise<void> => {
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await readdir(directory)).toEqual(['file'])
}

it('replaces a file by all the pieces in their order, and makes directories', async () => {
  const pieces = function* () {
    yield Buffer.from('new ')
    yield Buffer.from('file')
  }
  rightOf(await writeBeside(path, pieces)())
  expect(await readFile(path, 'utf8')).toBe('new file')
  rightOf(await writeJson(join(directory, 'a', 'b.json'), { x: 1 })())
  expect(await readFile(join(directory, 'a', 'b.json'), 'utf8')).toBe('{\n  "x": 1\n}\n')
})

// Linux has a device on which every write finds the disk full.
it.skipIf(!existsSync('/dev/full'))('leaves the old file alone on a full disk', async () => {
  await symlink('/dev/full', `${path}.${process.pid}.incomplete`)
  const fault = leftOf(await writeBeside(path, () => [Buffer.from('new')])())
  expect(fault._tag).toBe('SaveFailed')
  expect(fault.message).toContain('ENOSPC')
  await untouched()
})

it('leaves the old file alone when a piece cannot be made, or its place is below a file', async () => {
  const pieces = function* () {
    yield Buffer.from('half')
    throw new Error('interrupted')
  }
  expect(leftOf(await writeBeside(path, pieces)()).message).toContain('interrupted')
  await untouched()
  expect(leftOf(await writeBeside(join(path, 'below'), () => [])())._tag).toBe('SaveFailed')
  await untouched()
})
