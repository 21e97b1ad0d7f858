import { type RotaryTables, rotary } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { Rope, RopeScaling } from '../architectures/decoder-config.ts'

/** Every token's position [rows, width], and the angles of positions: shared by all layers of a kind. */
export interface Rotation {
  readonly positions: tf.Tensor2D
  readonly tables: RotaryTables
}

/** A frequency, radians a position, as a scaling leaves it. */
const scaled = (frequency: number, scaling: RopeScaling | undefined): number => {
  if (scaling === undefined) return frequency
  const { factor } = scaling
  if (scaling.kind === 'linear') return frequency / factor
  const { low, high, context } = scaling
  // How much of the frequency is kept, from none at wavelengths above context / low to all below context / high.
  const kept = Math.min(1, Math.max(0, ((context * frequency) / (2 * Math.PI) - low) / (high - low)))
  return (1 - kept) * (frequency / factor) + kept * frequency
}

/**
 * The frequency of each pair of a head's elements, θ^(−2i/headDim) scaled as configured; radians a position.
 *
 * @see Su et al. 2021, arXiv:2104.09864; Llama 3.1's scaling, arXiv:2407.21783, as its released code has it
 */
export const frequenciesOf = ({ theta, scaling }: Rope, headDim: number): readonly number[] =>
  Array.from({ length: headDim / 2 }, (_, i) => scaled(theta ** ((-2 * i) / headDim), scaling))

/** [positions, headDim / 2] of f(position · frequency), computed in float64. */
const table = (f: (angle: number) => number, positions: number, frequencies: readonly number[]): tf.Tensor2D => {
  const half = frequencies.length
  const at = (i: number): number => f(Math.floor(i / half) * frequencies[i % half]!)
  return tf.tensor2d(
    Float32Array.from({ length: positions * half }, (_, i) => at(i)),
    [positions, half],
  )
}

/** The angles of the positions [rows, width], each below `longest`. */
export const rotationOf = (positions: tf.Tensor2D, longest: number, headDim: number, rope: Rope): Rotation => {
  const frequencies = frequenciesOf(rope, headDim)
  return {
    positions,
    tables: { cos: table(Math.cos, longest, frequencies), sin: table(Math.sin, longest, frequencies) },
  }
}

/**
 * Rotates queries or keys [rows, heads, width, headDim] by their positions, pairing element i with i + headDim / 2
 * (Hugging Face's "rotate half", not the interleaved pairs of the paper; the weights are laid out for it).
 *
 * @see Su et al. 2021, arXiv:2104.09864
 */
export const rotate = (x: tf.Tensor4D, { positions, tables }: Rotation): tf.Tensor4D => rotary(x, positions, tables)
