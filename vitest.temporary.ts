import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Everything that tests write goes to one temporary folder, which goes when they have ended. */
export default (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'gfnlm-tests-'))
  process.env['TMPDIR'] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
