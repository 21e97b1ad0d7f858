import * as tf from '@tensorflow/tfjs-core'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type HostTensor, fileTensor, hostScalar, hostTensor, jit } from '../index.ts'
import { piecesOf } from '../host-tensor.ts'
import { identityModel } from './device-graphs.ts'
import { ask } from './engine.ts'
import { onDisk, piecesOnDisk } from './scratch.ts'
import { shared } from './shared-weights.ts'

const folder = mkdtempSync(join(tmpdir(), 'file-tensor-'))
afterAll(() => rmSync(folder, { recursive: true }))

const product = async (w: HostTensor): Promise<number[]> => {
  const f = jit(({ x }: { x: tf.Tensor2D }, { w }) => ({ y: tf.matMul(x, w as tf.Tensor2D) }), { constants: { w } })
  const { y } = await f({ x: hostTensor(Float32Array.of(1, 10), [1, 2]) })
  await f.dispose()
  return [...y.data]
}

test('an array on disk is read when asked for and mapped by a compiled function, wherever it starts', async () => {
  const path = join(folder, 'some weights')
  writeFileSync(path, new Uint8Array(Float32Array.of(9, 9, 9, 1, 2, 3, 4, 5, 6, 9).buffer))
  const w = fileTensor({ path, offset: 12 }, 'float32', [2, 3])
  expect([...w.data]).toEqual([1, 2, 3, 4, 5, 6])
  expect(await product(w)).toEqual([41, 52, 63])
  expect(() => fileTensor({ path, offset: 3 }, 'float32', [1])).toThrow(/byte 3 .* not aligned/)
  expect(() => fileTensor({ path, offset: 32 }, 'float32', [3]).data).toThrow(
    /ends 4 bytes before the array at byte 32/,
  )
})

test('a file that is gone or too short is an error of the call that needs it', async () => {
  const path = join(folder, 'short')
  writeFileSync(path, new Uint8Array(8))
  await expect(product(fileTensor({ path, offset: 0 }, 'float32', [2, 3]))).rejects.toMatchObject({
    _tag: 'SessionFailed',
  })
  await expect(product(fileTensor({ path: join(folder, 'none'), offset: 0 }, 'float32', [2, 3]))).rejects.toMatchObject(
    { _tag: 'InvalidInput', message: expect.stringMatching(/none is not there/) },
  )
})

test('a file that changed is never read as what it was', async () => {
  const path = join(folder, 'changes')
  writeFileSync(path, new Uint8Array(24))
  const w = fileTensor({ path, offset: 0 }, 'float32', [2, 3])
  expect(w.data[0]).toBe(0)
  writeFileSync(`${path}.new`, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer))
  renameSync(`${path}.new`, path)
  await expect(product(w)).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/changes has changed since it was loaded/),
  })
})

test('nor when its session had to make room and is opened again', async () => {
  const path = join(folder, 'reopened')
  writeFileSync(path, new Uint8Array(Float32Array.of(1, 2).buffer))
  const w = fileTensor({ path, offset: 0 }, 'float32', [2])
  const f = jit(({ x }: { x: tf.Tensor }, { w }) => ({ y: tf.mul(x, w!) }), { constants: { w } })
  const y = async (): Promise<number[]> => [...(await f({ x: hostScalar(3) })).y.data]
  const makeRoom = async (): Promise<void> => {
    const { bytes: model } = identityModel({ x: { dtype: 'float32', shape: [1] } })
    const options = { device: 'cpu', threads: 1, packing: 'once', bytes: Number.MAX_SAFE_INTEGER } as const
    const made = await ask({ kind: 'create', model, root: '/', files: [], options })
    await ask({ kind: 'release', session: made.kind === 'handle' ? made.handle : 0 })
  }
  expect(await y()).toEqual([3, 6])
  await makeRoom()
  expect(await y()).toEqual([3, 6])
  writeFileSync(`${path}.new`, new Uint8Array(Float32Array.of(5, 5).buffer))
  renameSync(`${path}.new`, path)
  await makeRoom()
  await expect(y()).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/reopened has changed since it was loaded/),
    fix: expect.stringMatching(/Load the model again/),
  })
  await f.dispose()
})

test('an array moved to disk is the same array there, once however often it is moved', async () => {
  const w = hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])
  const [a, b, other] = await Promise.all([onDisk(w), onDisk(w), onDisk(hostTensor(Int32Array.of(7, 8)))])
  expect(a.file).toEqual(b.file)
  expect(other.file!.offset).toBeGreaterThan(a.file!.offset)
  expect([[...a.data], [...other.data], other.dtype]).toEqual([[1, 2, 3, 4, 5, 6], [7, 8], 'int32'])
  expect(await product(a)).toEqual([41, 52, 63])
  expect(await onDisk(a)).toBe(a)
})

test('an array is written to disk piece by piece, though all pieces are the same memory, and read so', async () => {
  const memory = new Float32Array(2)
  const pieces = async function* (fails: boolean): AsyncGenerator<Float32Array> {
    for (let i = 0; i < 3; i++) {
      memory.set([2 * i, 2 * i + 1])
      yield memory
    }
    if (fails) throw new Error('the source ended')
  }
  await expect(piecesOnDisk(pieces(true), 'float32', [6])).rejects.toThrow('the source ended')
  const [w, other] = await Promise.all([
    piecesOnDisk(pieces(false), 'float32', [2, 3]),
    onDisk(hostTensor(Int32Array.of(9))),
  ])
  expect([[...w.data], [...other.data]]).toEqual([[0, 1, 2, 3, 4, 5], [9]])
  const inPieces = (tensor: HostTensor): number[][] => [...piecesOf(tensor, 4)].map((piece) => [...piece])
  expect(
    inPieces({
      ...w,
      get data(): never {
        throw new Error('read whole')
      },
    }),
  ).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ])
  expect(inPieces(hostTensor(w.data, [6]))).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ])
})

test('large weights are shared between sessions from disk, small ones stay where they are', async () => {
  const small = hostTensor(Float32Array.of(1))
  const large = hostTensor(new Float32Array(5 << 20))
  expect(await shared({ small })).toEqual({ small })
  const found = await shared({ small, large })
  expect([found['small']!.file, found['large']!.file?.path]).toEqual([
    undefined,
    expect.stringMatching(/gfnlm-[0-9a-f]+-\d+-/),
  ])
})
