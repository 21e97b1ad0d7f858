import { type HostTensor, hostTensor } from '@gfnlm/jit'

/** What one adapter puts into one module: inA · A and inB · B. */
export interface Part {
  /** [r, in] */
  readonly a: HostTensor
  /** [out, r] */
  readonly b: HostTensor
  readonly inA: number
  readonly inB: number
}

export const rankOf = ({ a }: Part): number => a.shape[0]!

const sum = (parts: readonly Part[], matrix: 'a' | 'b', factor: 'inA' | 'inB'): HostTensor => {
  const { shape, data } = parts[0]![matrix]
  const total = new Float64Array(data.length)
  for (const part of parts) {
    const { data: added } = part[matrix]
    for (let i = 0; i < total.length; i++) total[i]! += part[factor] * added[i]!
  }
  return hostTensor(Float32Array.from(total), shape)
}

/** Parts of one rank as one: (Σ inA · A, Σ inB · B). */
export const summed = (parts: readonly Part[]): Part => ({
  a: sum(parts, 'a', 'inA'),
  b: sum(parts, 'b', 'inB'),
  inA: 1,
  inB: 1,
})

/** Parts of any ranks beside one another, so that B · A is the sum of theirs; zeros up to rank r. */
export const concatenated = (parts: readonly Part[], r: number): Part => {
  const [inputs, outputs] = [parts[0]!.a.shape[1]!, parts[0]!.b.shape[0]!]
  const [a, b] = [new Float32Array(r * inputs), new Float32Array(outputs * r)]
  let from = 0
  for (const part of parts) {
    const [rank, down, up] = [rankOf(part), part.a.data, part.b.data]
    for (let i = 0; i < down.length; i++) a[from * inputs + i] = part.inA * down[i]!
    for (let o = 0; o < outputs; o++) for (let k = 0; k < rank; k++) b[o * r + from + k] = part.inB * up[o * rank + k]!
    from += rank
  }
  return { a: hostTensor(a, [r, inputs]), b: hostTensor(b, [outputs, r]), inA: 1, inB: 1 }
}
