import { expect, test } from 'vitest'
import { sessionPool } from './session-pool.ts'

const tracked = () => {
  const log: string[] = []
  const opener = (name: string) => async () => {
    log.push(`open ${name}`)
    return { name, release: async () => void log.push(`close ${name}`) }
  }
  return { log, opener, said: () => log.splice(0) }
}

test('what was used longest ago is closed for what does not fit, and opened again when it is used', async () => {
  const { opener, said } = tracked()
  const pool = sessionPool<{ readonly name: string; readonly release: () => Promise<void> }>(10)
  await pool.add(1, 4, opener('a'))
  await pool.add(2, 4, opener('b'))
  expect((await pool.use(1))!.name).toBe('a')
  expect(said()).toEqual(['open a', 'open b'])
  await pool.add(3, 5, opener('c'))
  expect(said()).toEqual(['close b', 'open c'])
  expect((await pool.use(2))!.name).toBe('b')
  expect(said()).toEqual(['close a', 'open b'])
})

test('one that is larger than the budget has it for itself', async () => {
  const { opener, said } = tracked()
  const pool = sessionPool<{ readonly name: string; readonly release: () => Promise<void> }>(10)
  await pool.add(1, 4, opener('a'))
  await pool.add(2, 99, opener('large'))
  expect(said()).toEqual(['open a', 'close a', 'open large'])
  expect((await pool.use(2))!.name).toBe('large')
  expect(said()).toEqual([])
})

test('what was dropped is gone; what never opened was never there', async () => {
  const { opener, said } = tracked()
  const pool = sessionPool<{ readonly name: string; readonly release: () => Promise<void> }>(10)
  await pool.add(1, 4, opener('a'))
  await pool.drop(1)
  await pool.drop(1)
  expect(said()).toEqual(['open a', 'close a'])
  expect(await pool.use(1)).toBe(undefined)
  await expect(pool.add(2, 4, () => Promise.reject(new Error('no device')))).rejects.toThrow('no device')
  expect(await pool.use(2)).toBe(undefined)
})
