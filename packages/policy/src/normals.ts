import { type Key, threefry } from '@gfnlm/env'

/**
 * [n] independent normal draws of mean 0: one Threefry block and one Box–Muller pair for every two, which makes
 * a hundred million of them a matter of seconds.
 */
export const normals = ({ k0, k1 }: Key, n: number, deviation: number): Float32Array => {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i += 2) {
    const [a, b] = threefry(k0, k1, i >>> 1, 1)
    const radius = deviation * Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32))
    const angle = (2 * Math.PI * b) / 2 ** 32
    out[i] = radius * Math.cos(angle)
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle)
  }
  return out
}
