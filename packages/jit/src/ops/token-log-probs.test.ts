import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { describe, expect, test } from 'vitest'
import { type Device, hostTensor, jit, tokenLogProbs } from '../index.ts'

const VOCAB = 7
const random = Array.from({ length: 4 * VOCAB }, (_, i) => 3 * Math.sin(5 * i + 1))
/** Ordinary logits, ±10⁴ apart, masked tokens, one legal token only. */
const rows = [
  random.slice(0, 7),
  [1e4, -1e4, 1e4 - 1, 0, 5, -1e4, 9_999.5],
  [-1e4, -1e4 - 2, -1e4 + 1, -1e4, -1e4, -1e4, -1e4],
  random.slice(7, 14).map((x, i) => (i % 2 === 0 ? x : -Infinity)),
  [-Infinity, -Infinity, -Infinity, 2, -Infinity, -Infinity, -Infinity],
  [80, -80, 1e4, -Infinity, 0, 1, 2],
]
const ids = [
  [0, 6, 0],
  [0, 1, 6],
  [2, 1, 2],
  [0, 3, 6],
  [3, 3, 0],
  [2, 1, 0],
]
const logits = hostTensor(Float32Array.from(rows.flat()), [rows.length, VOCAB])
const at = hostTensor(Int32Array.from(ids.flat()), [rows.length, 3])

/** In float64, of the float32 logits. */
const logProb = (row: readonly number[], id: number): number => {
  const most = Math.max(...row)
  return row[id]! - most - Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0))
}
const f32 = rows.map((row) => [...Float32Array.from(row)])
const within = (found: number, expected: number, where: string): void =>
  Number.isFinite(expected)
    ? expect(Math.abs(found - expected), `${where}: ${found} for ${expected}`).toBeLessThan(
        2e-6 * (1 + Math.abs(expected)),
      )
    : expect(found, where).toBe(expected)

const weight = (row: number, k: number): number => [1, -2, 0.5][k]! * (1 + row)

describe.each<Device>(['tfjs:cpu', 'tfjs:wasm', 'cpu'])('on %s', (device) => {
  test('a log-prob is the gathered log-softmax of float64, whatever the logits', async () => {
    const f = jit(({ logits, at }: { logits: tf.Tensor2D; at: tf.Tensor2D }) => ({ out: tokenLogProbs(logits, at) }), {
      device,
    })
    const { out } = await f({ logits, at })
    ids.forEach((row, r) =>
      row.forEach((id, k) => within(out.data[r * 3 + k]!, logProb(f32[r]!, id), `row ${r}, token ${id}`)),
    )
    await f.dispose()
  })

  test('the gradient is one-hot minus softmax, tokens asked for twice counted twice, never NaN', async () => {
    const f = jit(
      ({ logits, at, w }: { logits: tf.Tensor2D; at: tf.Tensor2D; w: tf.Tensor2D }) => ({
        out: tf.grad((x) => tf.sum(tf.mul(w, tf.maximum(tokenLogProbs(x as tf.Tensor2D, at), -1e30))))(logits),
      }),
      { device },
    )
    const w = hostTensor(Float32Array.from(ids.flatMap((row, r) => row.map((_, k) => weight(r, k)))), [rows.length, 3])
    const { out } = await f({ logits, at, w })
    ids.forEach((row, r) => {
      // what is clipped at −10³⁰ has no slope
      const taken = row.map((id, k) => (logProb(f32[r]!, id) === -Infinity ? 0 : weight(r, k)))
      for (let v = 0; v < VOCAB; v++) {
        const expected = taken.reduce(
          (sum, c, k) => sum + c * ((row[k] === v ? 1 : 0) - Math.exp(logProb(f32[r]!, v))),
          0,
        )
        within(out.data[r * VOCAB + v]!, expected, `row ${r}, token ${v}`)
      }
    })
    await f.dispose()
  })

  test('the gradient is that of finite differences', async () => {
    const loss = ({ logits, at }: { logits: tf.Tensor2D; at: tf.Tensor2D }): tf.Scalar =>
      tf.sum(tf.square(tokenLogProbs(logits, at)))
    const f = jit(
      (given: { logits: tf.Tensor2D; at: tf.Tensor2D }) => ({
        value: loss(given),
        slope: tf.grad((x) => loss({ ...given, logits: x as tf.Tensor2D }))(given.logits),
      }),
      { device },
    )
    const x = Float32Array.from(random.slice(0, 14))
    const given = hostTensor(Int32Array.of(0, 6, 0, 2, 2, 1), [2, 3])
    const value = async (i: number, h: number): Promise<number> => {
      const moved = x.slice()
      moved[i]! += h
      return (await f({ logits: hostTensor(moved, [2, 7]), at: given })).value.data[0]!
    }
    const { slope } = await f({ logits: hostTensor(x, [2, 7]), at: given })
    const h = 2 ** -5
    for (let i = 0; i < 14; i++) {
      const difference =
        (8 * ((await value(i, h)) - (await value(i, -h))) - ((await value(i, 2 * h)) - (await value(i, -2 * h)))) /
        (12 * h)
      expect(Math.abs(slope.data[i]! - difference), `element ${i}`).toBeLessThan(2e-3)
    }
    await f.dispose()
  })

  test('a finite loss behind −∞ shifts has a finite gradient in what was shifted', async () => {
    const f = jit(
      ({ x, shift, at }: { x: tf.Tensor2D; shift: tf.Tensor2D; at: tf.Tensor2D }) => ({
        out: tf.grad((v) => tf.sum(tokenLogProbs(tf.add(v, shift) as tf.Tensor2D, at)))(x),
      }),
      { device },
    )
    const { out } = await f({
      x: hostTensor(Float32Array.from(random.slice(0, 7)), [1, 7]),
      at: hostTensor(Int32Array.of(1, 3), [1, 2]),
      shift: hostTensor(Float32Array.of(-Infinity, 0, -Infinity, 0, -99, -Infinity, 0), [1, 7]),
    })
    expect([...out.data].every(Number.isFinite)).toBe(true)
    expect([out.data[0], out.data[2], out.data[5]]).toEqual([0, 0, 0].map(() => expect.closeTo(0, 12)))
    expect([...out.data].reduce((a, b) => a + b, 0)).toBeCloseTo(0, 5)
    await f.dispose()
  })
})
