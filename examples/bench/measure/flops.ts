import type { Shape } from '../shapes.ts'

/**
 * Floating-point operations that a LoRA step on `attn.c_attn` needs, a product of [m, k] and [k, n] being 2mkn.
 *
 * With N = B · T tokens:
 * - a layer has 12 D² frozen weights (3 D² in c_attn, D² in its output, 4 D² in each half of the MLP): 2 · 12 D² N
 *   forward, and as much backward for the gradient of what went in. The first layer's c_attn needs none: nothing below
 *   it trains.
 * - the tied head: 2 D V N forward, 2 D V N backward.
 * - attention, scores and mixing: 2 · 2 D operations for each of the B · T (T + 1) / 2 pairs that a causal mask
 *   leaves, and twice that backward.
 * - the adapter, D → R → 3 D: 2 · 4 D R N forward, and twice that backward, for its input and for itself.
 *
 * Norms, softmax, activations and the optimizer are not counted: they are memory, not arithmetic.
 */
export const loraStepFlops = ({ L, D, V, T, B, R }: Shape): number => {
  const N = B * T
  const frozen = 2 * (2 * 12 * D * D * N) * L - 2 * 3 * D * D * N
  const head = 2 * (2 * D * V * N)
  const attention = 3 * 4 * D * ((B * T * (T + 1)) / 2) * L
  const adapter = 3 * (2 * 4 * D * R * N) * L
  return frozen + head + attention + adapter
}
