import { type HostTensor, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { type Timed, timed } from './compare.ts'

/** Uniform in ±1, the same for a seed. Distinct seeds matter: equal constants of a graph are one. */
const noise = (seed: number, size: number, scale = 1): Float32Array => {
  const out = new Float32Array(size)
  let state = (seed * 2654435761) >>> 0
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = (state / 2 ** 31 - 1) * scale
  }
  return out
}

/** Products in a row, so that the time of a call between threads does not count. */
const PRODUCTS = 3

/**
 * The time that `flops` take at the rate of the runtime's own matrix product, n = 2048, in this process. What is
 * multiplied is there already, and one number comes back.
 */
export const sgemm = async (flops: number): Promise<Timed> => {
  const n = 2048
  const run = jit(
    ({ x }: { x: tf.Tensor }, { w }) => {
      let product = x
      for (let i = 0; i < PRODUCTS; i++) product = tf.matMul(product as tf.Tensor2D, w as tf.Tensor2D)
      return { corner: tf.slice(product, [0, 0], [1, 1]) }
    },
    // Variance 1 / n: the numbers stay near 1.
    { constants: { w: hostTensor(noise(1, n * n, Math.sqrt(3 / n)), [n, n]) } },
  )
  const held = await run.hold({ x: hostTensor(noise(2, n * n), [n, n]) })
  const part = flops / (PRODUCTS * 2 * n ** 3)
  const { times, ...rest } = timed('SGEMM rate', 2, () => held.run({}))
  return { ...rest, times: async (count) => (await times(count)).map((ms) => ms * part) }
}

export const STREAMS: readonly string[] = ['streamed by products', 'streamed by sums']

/** Numbers of one block: 16 MB, so that none stays in a cache until the next run. */
const BLOCK = { rows: 1024, columns: 4096 }

/**
 * The time to read `count` weights once with every thread, in two ways of the same runtime of which the faster is the
 * machine's limit: one row times constant matrices, which is what a decode step does to its weights, and the sum of an
 * array, which does nothing but read.
 */
export const streams = async (count: number, steps: number): Promise<readonly Timed[]> => {
  const { rows, columns } = BLOCK
  const blocks = Math.max(1, Math.round(count / (rows * columns)))
  const part = count / (blocks * rows * columns)
  const matrices = Array.from(
    { length: blocks },
    (_, i) => [`w${i}`, hostTensor(noise(i + 1, rows * columns), [rows, columns])] as const,
  )
  const products = jit(
    ({ x }: { x: tf.Tensor }, constants) => ({
      sum: matrices
        .map(([name]) => tf.sum(tf.matMul(x as tf.Tensor2D, constants[name] as tf.Tensor2D)))
        .reduce((sum, part) => tf.add(sum, part)),
    }),
    { constants: Object.fromEntries(matrices) },
  )
  const whole = hostTensor(noise(0, blocks * rows * columns), [blocks * columns, rows])
  const sums = await jit(({ w }: { w: tf.Tensor }) => ({ sum: tf.sum(tf.sum(w, -1)) })).hold({ w: whole })
  const x: HostTensor = hostTensor(noise(0, rows), [1, rows])
  const scaled = ({ times, ...rest }: Timed): Timed => ({
    ...rest,
    times: async (n) => (await times(n)).map((ms) => ms * part),
  })
  return [
    scaled(timed(STREAMS[0]!, steps, () => products({ x }))),
    scaled(timed(STREAMS[1]!, steps, () => sums.run({}))),
  ]
}
