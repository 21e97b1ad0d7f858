import { renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '@gfnlm/jit'
import type { RunEvent } from '../../events.ts'
import type { Sink } from '../sink.ts'
import { type Report, reportHtml } from './report.ts'
import { runReport } from './run-report.ts'

/**
 * Writes a run's report when the run ends, however it ends.
 *
 * @param describe the report of the events; give your own to add plots and comparisons
 * @param before the events of the run that this one resumes (`readEvents`)
 */
export const reportFile = (
  path: string,
  describe: (events: readonly RunEvent[]) => Report = runReport,
  before: readonly RunEvent[] = [],
): Sink => {
  const events = [...before]
  return {
    name: path,
    take: (event) => void events.push(event),
    close: () => {
      makeFolder(dirname(path))
      writeFileSync(`${path}.part`, reportHtml(describe(events)))
      renameSync(`${path}.part`, path)
    },
  }
}
