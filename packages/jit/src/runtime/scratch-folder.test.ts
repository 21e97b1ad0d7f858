import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { hostScalar } from '../host-tensor.ts'

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('TMPDIR', realpathSync(mkdtempSync(join(tmpdir(), 'scratch-'))))
  return () => vi.unstubAllEnvs()
})

/** The folder that a process newly begun would write its arrays to. */
const folderOf = async (): Promise<string> => {
  vi.resetModules()
  const { onDisk } = await import('./scratch.ts')
  return dirname((await onDisk(hostScalar(1))).file!.path)
}

test('folders of processes that are gone are removed, but not where ids are those of other processes', async () => {
  const mine = await folderOf()
  const gone = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
  const [dead, elsewhere] = [`-${gone}-`, `x-${gone}-`].map((id) => mine.replace(`-${process.pid}-`, id))
  for (const folder of [dead!, elsewhere!]) mkdirSync(folder)
  await folderOf()
  expect([existsSync(dead!), existsSync(elsewhere!), existsSync(mine)]).toEqual([false, true, true])
  expect(basename(mine)).toMatch(/^gfnlm-[0-9a-f]{12}-\d+-/)
})

test('a folder for temporary files that is not there is told, and used once it is', async () => {
  const { onDisk } = await import('./scratch.ts')
  const folder = join(tmpdir(), 'later')
  vi.stubEnv('TMPDIR', folder)
  await expect(onDisk(hostScalar(1))).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/no temporary files in .*later: ENOENT/),
    fix: expect.stringMatching(/Set TMPDIR/),
  })
  mkdirSync(folder)
  expect((await onDisk(hostScalar(1))).file!.path).toContain(folder)
})
