import { hostTensor, jit } from '@gfnlm/jit'
import type * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  concatParameters,
  joinParameters,
  parameterLayout,
  sliceParameters,
  splitParameters,
} from './parameter-vector.ts'

const b = hostTensor(Float32Array.of(5, 6), [1, 2])
const a = hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2])
const z = hostTensor(Float32Array.of(7), [])

test('parameters lie in order of their names, however they were given', () => {
  const layout = parameterLayout({ z, b, a })
  expect(layout.entries.map(({ name, offset, shape }) => [name, offset, shape.length])).toEqual([
    ['a', 0, 2],
    ['b', 4, 2],
    ['z', 6, 0],
  ])
  expect(layout).toEqual(parameterLayout({ a, b, z }))
  expect([...joinParameters(layout, { z, b, a })]).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('split undoes join, to the bit', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 })
  const tensor = shape.chain((dims) => {
    const size = dims.reduce((n, d) => n * d, 1)
    return fc.float32Array({ minLength: size, maxLength: size }).map((data) => hostTensor(data, dims))
  })
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
        tensor,
        { minKeys: 1 },
      ),
      (named) => {
        const layout = parameterLayout(named)
        expect(splitParameters(layout, joinParameters(layout, named))).toEqual({ ...named })
      },
    ),
  )
})

test('the same inside a compiled function', async () => {
  const layout = parameterLayout({ a, b, z })
  const run = jit(({ vector }: { vector: tf.Tensor }) => {
    const named = sliceParameters(layout, vector as tf.Tensor1D)
    return { named, again: concatParameters(layout, named) }
  })
  const out = await run({ vector: hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6, 7)) })
  expect(out.named).toEqual({ a, b, z })
  expect([...out.again.data]).toEqual([1, 2, 3, 4, 5, 6, 7])
})
