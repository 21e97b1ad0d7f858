import { hostTensor, jit, quantizedMatMul } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normals } from '../normals.ts'
import { keyOf } from '@gfnlm/env'
import { type Quantization, dequantizeBlocks, halvesOf, quantizeBlocks } from './quantize-blocks.ts'

const quantizations = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  block: fc.constantFrom(16 as const, 32 as const, 64 as const),
})

const matrices = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 100), max: 2 ** 100 }), {
      minLength: 64,
      maxLength: 64,
    }),
  )
  .map(([rows, values]) =>
    Float32Array.from({ length: 64 * rows }, (_, i) => (i % 5 === 0 && rows > 2 ? 0 : values[i % 64]! / rows)),
  )

describe('blocks of whole numbers', () => {
  it('are within half a scale of what they stand for, keep 0, and are their own rounding', () => {
    fc.assert(
      fc.property(matrices, quantizations, (matrix, quantization) => {
        const quantized = quantizeBlocks(matrix, quantization)
        const back = dequantizeBlocks(quantized, quantization)
        matrix.forEach((value, i) => {
          const scale = quantized.scales[Math.floor(i / quantization.block)]!
          // half a scale, and the float32 rounding of the product; 127 · 2⁻¹²⁶ is where blocks count as zeros
          const least = scale === 0 ? 127 * 2 ** -126 : 0
          expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(scale / 2 + Math.abs(value) * 2 ** -23 + least)
          if (value === 0) expect(back[i]! + 0).toBe(0)
        })
        const again = dequantizeBlocks(quantizeBlocks(back, quantization), quantization)
        again.forEach((value, i) =>
          expect(Math.abs(value - back[i]!)).toBeLessThanOrEqual(Math.abs(back[i]!) * 2 ** -22),
        )
      }),
    )
  })

  // −7 … 7 in a block of sixteen: the first weight is the lowest digit of the first word, and a code is its weight + 8.
  it('lie as documented', () => {
    const { codes, scales } = quantizeBlocks(Float32Array.of(-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 0), {
      bits: 4,
      block: 16,
    })
    expect([...codes].map((word) => (word >>> 0).toString(16))).toEqual(['87654321', '8fedcba9'])
    expect([...scales]).toEqual([1])
    const wide = quantizeBlocks(
      Float32Array.from({ length: 16 }, (_, i) => (i === 1 ? -127 : i)),
      { bits: 8, block: 16 },
    )
    expect((wide.codes[0]! >>> 0).toString(16)).toBe('83820180')
    expect((halvesOf(wide.codes).upper[0]! & 0xffff).toString(16)).toBe('8808')
    expect((halvesOf(wide.codes).lower[0]! & 0xffff).toString(16)).toBe('3210')
  })
})

describe.each([4, 8] as const)('a compiled product with a matrix of %i bits', (bits) => {
  it.each([
    [1, 16],
    [3, 32],
    [63, 64],
    [64, 128],
    [200, 256],
  ] as const)('of %i rows, in blocks of %i, is the product with what the matrix stands for', async (rows, block) => {
    const quantization: Quantization = { bits, block }
    const [out, inputs] = [24, 512]
    const weights = normals(keyOf(block), out * inputs, 1)
    const quantized = quantizeBlocks(weights, quantization)
    const matrix = dequantizeBlocks(quantized, quantization)
    const parts = { ...quantized, ...(bits === 8 ? halvesOf(quantized.codes) : {}) }
    const constants = Object.fromEntries(
      Object.entries(parts).map(([name, data]) => [name, hostTensor(data, [out, data.length / out])]),
    )
    const x = normals(keyOf(7), rows * inputs, 1)
    const product = jit(
      ({ x }: { x: tf.Tensor2D }, frozen) => ({
        y: quantizedMatMul(x, frozen as unknown as Parameters<typeof quantizedMatMul>[1]),
      }),
      { constants },
    )
    const { y } = await product({ x: hostTensor(x, [rows, inputs]) })
    await product.dispose()
    let most = 0
    for (let r = 0; r < rows; r++)
      for (let o = 0; o < out; o++) {
        let sum = 0
        for (let i = 0; i < inputs; i++) sum += x[r * inputs + i]! * matrix[o * inputs + i]!
        most = Math.max(most, Math.abs(sum - y.data[r * out + o]!))
      }
    // products of 512 numbers around 1: some √512 · 2⁻²⁴ of rounding each
    expect(most).toBeLessThan(1e-4)
  })
})
