import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeFolder } from '@gfnlm/jit'

const ASK_AGAIN = 100
const BEAT = 5_000
/** A holder on another machine that has not moved its lock's time for this long is gone. */
const STALE = 60_000

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (caught) {
    return (caught as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const isAbandoned = async (path: string): Promise<boolean> => {
  try {
    if (Date.now() - (await stat(path)).mtimeMs > STALE) return true
    const [host, pid] = (await readFile(path, 'utf8')).split('\n')
    return host === hostname() && Number(pid) > 0 && !isAlive(Number(pid))
  } catch {
    return false
  }
}

const acquire = async (path: string): Promise<void> => {
  makeFolder(dirname(path))
  for (;;) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(`${hostname()}\n${process.pid}`)
      return await file.close()
    } catch (caught) {
      if ((caught as NodeJS.ErrnoException).code !== 'EEXIST') throw caught
    }
    if (await isAbandoned(path)) await rm(path, { force: true })
    else await pause(ASK_AGAIN)
  }
}

/**
 * Runs a task while nobody else who asks for the same lock runs one: no second process downloads what a first one is
 * downloading. A lock whose holder died is taken over. That can, rarely, let two in; so a task must be right when it
 * runs twice at once, and only slower.
 */
export const withLock = async <A>(path: string, task: () => Promise<A>): Promise<A> => {
  await acquire(path)
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT)
  beat.unref()
  try {
    return await task()
  } finally {
    clearInterval(beat)
    await rm(path, { force: true })
  }
}
