import { hostTensor, sizeOf, type HostTensor } from '../host-tensor.ts'

/** A power of two, so that x ± h is exact for the inputs of a case. Inputs must be further than 2 h from any kink. */
const h = 2 ** -5

const SQRT2 = Math.SQRT2 % 1

/** Fixed weights in [-1, 1], none alike: what turns an output into a scalar without hiding a wrong element. */
export const projection = (shape: readonly number[]): HostTensor =>
  hostTensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => 2 * (((i + 1) * SQRT2) % 1) - 1),
    shape,
  )

const projected = (output: HostTensor): number => {
  const weights = projection(output.shape).data
  return Array.from(output.data).reduce((sum, value, i) => sum + value * weights[i], 0)
}

const shifted = (t: HostTensor, element: number, by: number): HostTensor => {
  const data = Float32Array.from(t.data)
  data[element] += by
  return { ...t, data }
}

/**
 * The gradient of Σ projection · evaluate(inputs) in one input, by central differences of fourth order,
 *
 *   (8 (F(x + h) - F(x - h)) - (F(x + 2h) - F(x - 2h))) / 12 h,
 *
 * summed in float64 over float32 evaluations: the error is about h⁴ F⁽⁵⁾/30 + 10⁻⁷ Σ|F| / h.
 */
export const finiteDifference = (
  evaluate: (inputs: readonly HostTensor[]) => HostTensor,
  inputs: readonly HostTensor[],
  which: number,
): HostTensor => {
  const at = (element: number, by: number): number =>
    projected(evaluate(inputs.map((t, i) => (i === which ? shifted(t, element, by) : t))))
  const slope = (_: number, element: number): number => {
    const [near, far] = [h, 2 * h].map((by) => at(element, by) - at(element, -by))
    return (8 * near - far) / (12 * h)
  }
  return hostTensor(Float32Array.from(inputs[which].data, slope), inputs[which].shape)
}

/** The largest difference between two tensors, relative to the larger of 1 and the expected one's largest element. */
export const deviation = (actual: HostTensor, expected: HostTensor): number => {
  if (actual.shape.join() !== expected.shape.join()) return Infinity
  const scale = Array.from(expected.data).reduce((m, x) => Math.max(m, Math.abs(x)), 1)
  return Array.from(expected.data).reduce((worst, x, i) => {
    const gap = Object.is(x, actual.data[i]) ? 0 : Math.abs(actual.data[i] - x) / scale
    // a NaN on one side only
    return Number.isNaN(gap) ? Infinity : Math.max(worst, gap)
  }, 0)
}
