import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Config } from '../config/config.ts'
import { freshDirectory } from '../testing/tiny-model.ts'
import { changedFields } from './changed-fields.ts'

const config = (schedule: string, steps: number, learningRate = 1): Config =>
  ({ optimizer: { schedule, learningRate }, reward: { temperature: 1 }, steps }) as unknown as Config

test('more steps change nothing where nothing runs over all of them', async () => {
  const path = join(await freshDirectory(), 'config.json')
  expect(changedFields(path, config('linear', 9))).toEqual([])
  await writeFile(path, JSON.stringify(config('constant', 6)))
  expect(changedFields(path, config('constant', 9, 2))).toEqual(['optimizer.learningRate'])
  expect(changedFields(path, config('linear', 9))).toEqual(['optimizer.schedule', 'steps'])
})
