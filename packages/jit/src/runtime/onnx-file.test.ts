import { mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { identityModel } from './device-graphs.ts'
import { ask } from './engine.ts'
import { type OnnxFile, openOnnx } from './onnx-file.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const path = join(mkdtempSync(join(tmpdir(), 'onnx-file-')), 'model.onnx')
const { bytes } = identityModel({ ids: { dtype: 'int64' as 'int32', shape: [2] } })
writeFileSync(path, bytes)

const feeds = { 'in/ids': { shape: [2], data: BigInt64Array.of(5n, 6n) } }
const out = { 'out/ids': { shape: [2], dtype: 'int64', data: BigInt64Array.of(5n, 6n) } }

test('whoever has the function that runs a model has its session', async () => {
  const runOf = async (): Promise<OnnxFile['run']> => {
    const { inputs, run } = await openOnnx(path)
    expect(inputs).toEqual(['in/ids'])
    return run
  }
  const run = await runOf()
  for (let i = 0; i < 20; i++) {
    collect()
    await new Promise(setImmediate)
  }
  expect(await run(feeds)).toEqual(out)
})

test('a model whose weights changed is an error when it is opened again', async () => {
  writeFileSync(`${path}_data`, '1')
  const { run, close } = await openOnnx(path)
  expect(await run(feeds)).toEqual(out)
  writeFileSync(`${path}.new`, '22')
  renameSync(`${path}.new`, `${path}_data`)
  const options = { device: 'cpu', threads: 1, packing: 'once', bytes: Number.MAX_SAFE_INTEGER } as const
  await ask({ kind: 'create', model: bytes, root: '/', files: [], options })
  await expect(run(feeds)).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/model\.onnx_data has changed since it was loaded/),
  })
  await close()
})
