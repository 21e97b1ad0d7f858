import { expect, test } from 'vitest'
import { legalize } from '../onnx/legalize.ts'
import type { OpCase } from './op-case.ts'
import { gradientsOf } from './eager.ts'
import { deviation } from './finite-difference.ts'
import { graphOf, runOnOnnx } from './on-onnx.ts'
import { noWebGpu } from '../testing/webgpu.ts'
import { QUANTIZED } from '../trace/lower/quantized.ts'
import { opCases } from './op-cases.ts'

const forwardAndBack = ({ f, differentiable }: OpCase): Parameters<typeof runOnOnnx>[0] => {
  const gradients = gradientsOf(f, differentiable)
  return (...inputs) => [f(...inputs), ...gradients(...inputs)]
}

/** Cases whose operators are others for webgpu than for cpu, for more than a transposed operand, or not of ONNX's own set. */
const respelled = opCases.filter((c) => {
  if (c.kernels.some((kernel) => kernel in QUANTIZED)) return true
  const graph = graphOf(forwardAndBack(c), c.inputs)
  const kept = new Set(legalize(graph, 'webgpu').nodes)
  return graph.nodes.some((node) => !kept.has(node) && node.op !== 'FusedMatMul')
})

test.skipIf(noWebGpu !== undefined).each(respelled.map((c) => [c.name, c] as const))(
  `on webgpu as on cpu: %s${noWebGpu === undefined ? '' : ` (skipped: ${noWebGpu})`}`,
  async (_, c) => {
    const [expected, found] = [
      await runOnOnnx(forwardAndBack(c), c.inputs),
      await runOnOnnx(forwardAndBack(c), c.inputs, 'webgpu'),
    ]
    // a driver's own sine and cosine may be off by 2⁻¹¹ (WGSL §15.7.4)
    expected.forEach((output, i) =>
      expect(deviation(found[i]!, output), i === 0 ? 'output' : `gradient ${i}`).toBeLessThan(
        c.kernels.includes('SplitV') ? 1e-3 : 1e-5,
      ),
    )
  },
)
