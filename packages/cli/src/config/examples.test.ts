import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { isDatasetConfig } from './dataset-config.ts'
import { readTrainConfig } from './read-config.ts'

const folder = fileURLToPath(new URL('../../../../examples/configs', import.meta.url))

test.each(readdirSync(folder))('the example %s is a config whose files are there', (name) => {
  const config = readTrainConfig(join(folder, name))
  if (E.isLeft(config)) throw config.left
  const { right } = config
  const { file } = isDatasetConfig(right) ? right.data : right.prompts
  expect([right.model, file].filter((path) => !existsSync(path))).toEqual([])
})
