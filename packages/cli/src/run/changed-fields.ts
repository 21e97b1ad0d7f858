import { existsSync, readFileSync } from 'node:fs'

/** Fields that may differ when a run is resumed and leave what it computes as it was. */
const FREE = ['steps', 'output', 'device', 'checkpoint', 'log', 'evaluation']

const differing = (a: unknown, b: unknown, path: string): readonly string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  const isPlain = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)
  if (!isPlain(a) || !isPlain(b)) return [path]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => differing(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

/** Fields of a config that are no longer what a run's config.json has; none where it has none. */
export const changedFields = (configJson: string, config: object): readonly string[] => {
  if (!existsSync(configJson)) return []
  const before: unknown = JSON.parse(readFileSync(configJson, 'utf8'))
  return differing(before, JSON.parse(JSON.stringify(config)), '').filter((path) => !FREE.includes(path.split('.')[0]!))
}
