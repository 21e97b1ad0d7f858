import { mkdtempSync, readFileSync, type writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { appendFile } from './append-file.ts'

/** Bytes the disk still takes. */
let room = Infinity
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const limited = (fd: number, bytes: Uint8Array, from: number, length: number, at: number): number => {
    if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const written = fs.writeSync(fd, bytes, from, Math.min(length, room), at)
    room -= written
    return written
  }
  return { ...fs, writeSync: limited as typeof writeSync }
})

const path = (): string => join(mkdtempSync(join(tmpdir(), 'gfnlm-append-')), 'new', 'log')

test('records follow each other, after the bytes that are kept', () => {
  const file = path()
  for (const [keep, record] of [
    [0, 'abcdef'],
    [3, 'XY'],
  ] as const) {
    const log = appendFile(file, keep)
    log.append(Buffer.from(record))
    log.append(Buffer.from('!'))
    log.close()
  }
  expect(readFileSync(file, 'utf8')).toBe('abcXY!')
})

test('on a full disk a record is written whole or not at all, and later ones are whole again', () => {
  const file = path()
  const log = appendFile(file)
  log.append(Buffer.from('one\n'))
  room = 3
  expect(() => log.append(Buffer.from('second\n'))).toThrow(/ENOSPC/)
  expect(readFileSync(file, 'utf8')).toBe('one\n')
  room = Infinity
  log.append(Buffer.from('3\n'))
  log.close()
  expect(readFileSync(file, 'utf8')).toBe('one\n3\n')
})

test('what is closed writes no more, and its descriptor is left to the file that has it now', () => {
  const log = appendFile(path())
  log.close()
  const other = path()
  const next = appendFile(other)
  next.append(Buffer.from('weights'))
  expect(() => log.append(Buffer.from('log'))).toThrow('is closed')
  log.close()
  next.append(Buffer.from('!'))
  next.close()
  expect(readFileSync(other, 'utf8')).toBe('weights!')
})
