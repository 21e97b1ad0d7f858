import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { type Graph, graphBuilder } from '../trace/graph.ts'
import { matmul } from '../trace/lower/matmul.ts'
import { legalize } from './legalize.ts'
import { onnxModel } from './model.ts'

/** Runs a graph as it is on ONNX Runtime's CPU provider. */
const run = async (graph: Graph, feeds: Readonly<Record<string, Float32Array>>): Promise<Record<string, number[]>> => {
  const { bytes } = onnxModel(graph)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const results = await session.run(Object.fromEntries(graph.inputs.map((v) => [`in/${v.name}`, new ort.Tensor('float32', feeds[v.name!]!, v.shape)])))
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, [...(t.data as Float32Array)]]))
}

const builder = graphBuilder()
const a = builder.input('a', [2, 3, 4], 'float32')
const b = builder.input('b', [2, 3, 5], 'float32')
const c = builder.input('c', [2, 5, 4], 'float32')
const values = {
  tn: matmul(builder, a, b, true, false),
  nt: matmul(builder, a, c, false, true),
  tt: matmul(builder, a, builder.emit('Transpose', [b], [2, 5, 3], 'float32', { perm: [0, 2, 1] }), true, true),
  middle: builder.emit('LogSoftmax', [b], [2, 3, 5], 'float32', { axis: 1 }),
  last: builder.emit('LogSoftmax', [b], [2, 3, 5], 'float32', { axis: 2 }),
}
const graph: Graph = { nodes: builder.nodes, inputs: builder.inputs, outputs: Object.entries(values).map(([name, value]) => ({ name, value })) }
const numbers = (n: number, scale: number): Float32Array => Float32Array.from({ length: n }, (_, i) => scale * Math.sin(7 * i + 1))
const operators = (g: Graph): string[] => [...new Set(g.nodes.map((n) => n.op))].sort()

test('a graph for webgpu has no operator that its provider lacks', () => {
  expect(operators(graph)).toEqual(expect.arrayContaining(['FusedMatMul', 'LogSoftmax']))
  expect(operators(legalize(graph, 'webgpu'))).toEqual(expect.not.arrayContaining(['FusedMatMul', 'LogSoftmax']))
  expect(legalize(graph, 'webgpu').nodes.filter((n) => n.domain !== '')).toEqual([])
  expect(legalize(graph, 'cpu')).toBe(graph)
})

test('it gives the same numbers, also where a softmax underflows', async () => {
  const feeds = { a: numbers(24, 1), b: numbers(30, 1), c: numbers(40, 1) }
  for (const extreme of [1, 200]) {
    const given = { ...feeds, b: feeds.b.map((v) => extreme * v) }
    const [plain, legal] = [await run(graph, given), await run(legalize(graph, 'webgpu'), given)]
    for (const [name, expected] of Object.entries(plain)) {
      expect(expected.every(Number.isFinite)).toBe(true)
      legal[name]!.forEach((value, i) => expect(Math.abs(value - expected[i]!), `${name} ${i}`).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))))
    }
  }
})
