import { expect, test } from 'vitest'
import { type Graph, type Value, graphBuilder } from '../trace/graph.ts'
import { BINARY } from '../trace/lower/binary.ts'
import { cast } from '../trace/lower/lowering.ts'
import { matmul } from '../trace/lower/matmul.ts'
import { runGraph } from '../testing/run-graph.ts'
import { legalize } from './legalize.ts'

/** Runs a graph as it is on ONNX Runtime's CPU provider. */
const run = async (graph: Graph, feeds: Readonly<Record<string, Float32Array>>): Promise<Record<string, number[]>> =>
  Object.fromEntries(Object.entries(await runGraph(graph, feeds)).map(([name, numbers]) => [name, [...numbers]]))

const builder = graphBuilder()
const a = builder.input('a', [2, 3, 4], 'float32')
const b = builder.input('b', [2, 3, 5], 'float32')
const c = builder.input('c', [2, 5, 4], 'float32')
const [norm, scale] = builder.emitMany(
  'SimplifiedLayerNormalization',
  [a, builder.constant(Float32Array.of(1, 2, 3, 4), [4], 'float32')],
  [
    { shape: [2, 3, 4], dtype: 'float32' },
    { shape: [2, 3, 1], dtype: 'float32' },
  ],
  { axis: -1, epsilon: { float: 1e-3 } },
)
const slice = (x: Value, begin: number[], end: number[], axes: number[], strides: number[], shape: number[]): Value =>
  builder.emit(
    'Slice',
    [x, builder.ints(begin), builder.ints(end), builder.ints(axes), builder.ints(strides)],
    shape,
    x.dtype,
  )
const values = {
  tn: matmul(builder, a, b, true, false),
  nt: matmul(builder, a, c, false, true),
  tt: matmul(builder, a, builder.emit('Transpose', [b], [2, 5, 3], 'float32', { perm: [0, 2, 1] }), true, true),
  scaled: matmul(
    builder,
    builder.emit('Mul', [a, builder.splat(3, [], 'float32')], [2, 3, 4], 'float32'),
    b,
    true,
    false,
  ),
  middle: builder.emit('LogSoftmax', [b], [2, 3, 5], 'float32', { axis: 1 }),
  last: builder.emit('LogSoftmax', [b], [2, 3, 5], 'float32', { axis: 2 }),
  backwards: slice(b, [2, 4], [-4, 0], [1, 2], [-1, -2], [2, 3, 2]),
  forwards: slice(b, [0, 1], [3, 5], [1, 2], [2, 3], [2, 2, 2]),
  norm: norm!,
  scale: scale!,
}
const graph: Graph = {
  nodes: builder.nodes,
  inputs: builder.inputs,
  outputs: Object.entries(values).map(([name, value]) => ({ name, value })),
}
const numbers = (n: number, scale: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => scale * Math.sin(7 * i + 1))
const operators = (g: Graph): string[] => [...new Set(g.nodes.map((n) => n.op))].sort()

test('a graph for webgpu has no operator that its provider lacks', () => {
  expect(operators(graph)).toEqual(expect.arrayContaining(['FusedMatMul', 'LogSoftmax']))
  expect(operators(legalize(graph, 'webgpu'))).toEqual(expect.not.arrayContaining(['FusedMatMul', 'LogSoftmax']))
  expect(legalize(graph, 'webgpu').nodes.filter((n) => n.domain !== '')).toEqual([])
  expect(legalize(graph, 'cpu')).toBe(graph)
})

test('what its provider has, and has right, stays as it is', () => {
  const legal = legalize(graph, 'webgpu').nodes
  const kept = (op: string): number => legal.filter((node) => node.op === op && graph.nodes.includes(node)).length
  expect([kept('Slice'), legal.filter(({ op }) => op === 'Slice').length]).toEqual([1, 1])
  const withoutScale = legalize(
    { ...graph, outputs: graph.outputs.filter(({ name }) => name !== 'scale') },
    'webgpu',
  ).nodes
  expect(legal.some(({ op }) => op === 'Reciprocal')).toBe(true)
  expect(withoutScale.some(({ op }) => op === 'Reciprocal')).toBe(false)
  expect(withoutScale.filter(({ op }) => op === 'SimplifiedLayerNormalization').map(({ outputs }) => outputs)).toEqual([
    [norm],
  ])
})

test('a slice of integers is taken without one', () => {
  const integers = graphBuilder()
  const x = integers.input('x', [3, 5], 'int32')
  const out = integers.emit('Slice', [x, integers.ints([1]), integers.ints([3]), integers.ints([1])], [3, 2], 'int32')
  const { nodes } = legalize(
    { nodes: integers.nodes, inputs: integers.inputs, outputs: [{ name: 'out', value: out }] },
    'webgpu',
  )
  expect(nodes.map(({ op, attributes, inputs }) => [op, attributes, inputs[1]!.data])).toEqual([
    ['Gather', { axis: 1 }, BigInt64Array.of(1n, 2n)],
  ])
})

test('integers are divided in float32 where there is no float64', async () => {
  const division = graphBuilder()
  const [x, y] = ['x', 'y'].map((name) => cast(division, division.input(name, [3], 'float32'), 'int32'))
  const quotient = (by: Value): Value =>
    cast(division, BINARY['FloorDiv']!({ a: x!, b: by }, {}, division) as Value, 'float32')
  const outputs = [quotient(y!), quotient(division.splat(2, [], 'int32'))].map((value, i) => ({ name: `${i}`, value }))
  const made = { nodes: division.nodes, inputs: division.inputs, outputs }
  const legal = legalize(made, 'webgpu')
  const types = ({ nodes }: Graph): unknown[] => nodes.flatMap((n) => [...n.inputs, ...n.outputs].map((v) => v.dtype))
  expect([types(made).includes('float64'), types(legal).includes('float64')]).toEqual([true, false])
  const feeds = { x: Float32Array.of(7, -7, 9), y: Float32Array.of(2, 2, -4) }
  expect(await run(made, feeds)).toEqual({ 'out/0': [3, -4, -3], 'out/1': [3, -4, 4] })
  expect(await run(legal, feeds)).toEqual({ 'out/0': [3, -4, -3], 'out/1': [3, -4, 4] })
})

test('it gives the same numbers, also where a softmax underflows', async () => {
  const feeds = { a: numbers(24, 1), b: numbers(30, 1), c: numbers(40, 1) }
  for (const extreme of [1, 200]) {
    const given = { ...feeds, b: feeds.b.map((v) => extreme * v) }
    const [plain, legal] = [await run(graph, given), await run(legalize(graph, 'webgpu'), given)]
    for (const [name, expected] of Object.entries(plain)) {
      expect(expected.every(Number.isFinite)).toBe(true)
      legal[name]!.forEach((value, i) =>
        expect(Math.abs(value - expected[i]!), `${name} ${i}`).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))),
      )
    }
  }
})
