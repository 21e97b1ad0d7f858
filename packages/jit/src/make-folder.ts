import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that there are not. Level by level: of a folder that takes no others (/proc) the
 * system says that it is not there, and Node's own `recursive` asks again for ever.
 *
 * @throws the system's error
 */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(path)) throw error
  }
}
