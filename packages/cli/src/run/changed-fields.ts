import { existsSync, readFileSync } from 'node:fs'
import { type TrainConfig, isDatasetConfig } from '../config/dataset-config.ts'

/** Fields that may differ when a run is resumed and leave what it computes as it was. */
const FREE: readonly string[] = ['output', 'device', 'checkpoint', 'log', 'evaluation']

/** Whether something runs over the steps of the whole run, so that another number of them changes every step. */
const hasRamp = (config: TrainConfig): boolean => {
  const temperature = isDatasetConfig(config) ? 1 : config.reward.temperature
  return (
    config.optimizer.schedule !== 'constant' || (typeof temperature === 'object' && temperature.steps === undefined)
  )
}

const isPlain = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

const differing = (a: unknown, b: unknown, path: string): readonly string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  if (!isPlain(a) || !isPlain(b)) return [path]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differing(a[key], b[key], path === '' ? key : `${path}.${key}`),
  )
}

/** Fields of a config that are no longer what a run's config.json has; none where it has none. */
export const changedFields = (configJson: string, config: TrainConfig): readonly string[] => {
  if (!existsSync(configJson)) return []
  const before: unknown = JSON.parse(readFileSync(configJson, 'utf8'))
  const free = hasRamp(config) ? FREE : [...FREE, 'steps']
  return differing(before, JSON.parse(JSON.stringify(config)), '').filter((path) => !free.includes(path.split('.')[0]!))
}
