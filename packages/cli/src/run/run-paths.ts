import { join } from 'node:path'

/** Where a run's files are in its output directory. */
export interface RunPaths {
  readonly config: string
  readonly metrics: string
  readonly report: string
  readonly checkpoints: string
  readonly adapter: string
}

export const runPaths = (output: string): RunPaths => ({
  config: join(output, 'config.json'),
  metrics: join(output, 'metrics.jsonl'),
  report: join(output, 'report.html'),
  checkpoints: join(output, 'checkpoints'),
  adapter: join(output, 'adapter'),
})
