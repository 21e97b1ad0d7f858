import type { LoadOptions } from '@gfnlm/policy'
import { fault } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test, vi } from 'vitest'
import { exportModel } from './export-model.ts'

const loaded = vi.hoisted(() => [] as LoadOptions[])
vi.mock('@gfnlm/policy', async (original) => ({
  ...(await original<object>()),
  loadPolicy: (model: string, options: LoadOptions) => {
    loaded.push(options)
    return TE.left(fault('ModelNotFound', `no ${model}`, 'It is not needed here'))
  },
}))

test.each([undefined, 'org/adapter'])('shows the download of a model, adapter %s', async (adapter) => {
  await exportModel({
    model: 'org/tiny',
    revision: 'v1',
    adapter,
    format: 'gguf',
    dtype: 'F32',
    input: 'text',
    output: '/nowhere/out.gguf',
  })()
  expect(loaded.pop()).toMatchObject({
    revision: 'v1',
    onProgress: expect.any(Function),
    ...(adapter === undefined ? {} : { adapter }),
  })
})
