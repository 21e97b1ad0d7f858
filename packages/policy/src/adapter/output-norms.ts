import type { HostTensor } from '@gfnlm/jit'
import type { Module } from '../architectures/modules.ts'

/** [out] Euclidean norms of the weights that each output of a linear module sums with, in float64 as they are added. */
export const outputNorms = ({ inputs, outputs, orientation }: Module, weight: HostTensor): Float32Array => {
  const { data } = weight
  const squares = new Float64Array(outputs)
  for (let at = 0; at < data.length; at++)
    squares[orientation === 'out-in' ? Math.floor(at / inputs) : at % outputs]! += data[at]! ** 2
  return Float32Array.from(squares, Math.sqrt)
}
