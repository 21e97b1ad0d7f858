import { expect, test } from 'vitest'
import { type Held, forget, sessionPool } from './session-pool.ts'

const tracked = () => {
  const log: string[] = []
  const opener = (name: string) => async () => {
    log.push(`open ${name}`)
    return { name, release: async () => void log.push(`close ${name}`) }
  }
  return { log, opener, said: () => log.splice(0) }
}

interface Tracked {
  readonly name: string
  readonly release: () => Promise<void>
}

const count = (): BigInt64Array => new BigInt64Array(1)
const alone = (): Held => ({ together: count(), own: count() })

test('what was used longest ago is closed for what does not fit, and opened again when it is used', async () => {
  const { opener, said } = tracked()
  const pool = sessionPool<Tracked>(10, alone())
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
  const pool = sessionPool<Tracked>(10, alone())
  await pool.add(1, 4, opener('a'))
  await pool.add(2, 99, opener('large'))
  expect(said()).toEqual(['open a', 'close a', 'open large'])
  expect((await pool.use(2))!.name).toBe('large')
  expect(said()).toEqual([])
})

test('what was dropped is gone; what never opened was never there', async () => {
  const { opener, said } = tracked()
  const pool = sessionPool<Tracked>(10, alone())
  await pool.add(1, 4, opener('a'))
  await pool.drop(1)
  await pool.drop(1)
  expect(said()).toEqual(['open a', 'close a'])
  expect(await pool.use(1)).toBe(undefined)
  await expect(pool.add(2, 4, () => Promise.reject(new Error('no device')))).rejects.toThrow('no device')
  expect(await pool.use(2)).toBe(undefined)
})

test('pools that count together share one budget, and one whose thread is gone leaves its share', async () => {
  const { opener, said } = tracked()
  const together = count()
  const [own, other] = [
    { together, own: count() },
    { together, own: count() },
  ]
  const [a, b] = [sessionPool<Tracked>(10, own), sessionPool<Tracked>(10, other)]
  await a.add(1, 8, opener('a'))
  await b.add(2, 2, opener('b'))
  await b.add(3, 2, opener('c'))
  expect(said()).toEqual(['open a', 'open b', 'close b', 'open c'])
  forget(own)
  await b.use(2)
  await expect(b.add(4, 7, () => Promise.reject(new Error('no device')))).rejects.toThrow('no device')
  await b.use(3)
  expect(said()).toEqual(['open b', 'close c', 'open c'])
  expect([together[0], other.own[0]]).toEqual([4n, 4n])
})
