import { expect, test } from 'vitest'
import { hostTensor } from '../../host-tensor.ts'
import { withPaddedWeights } from '../../runtime/padded-weights.ts'
import { runGraph } from '../../testing/run-graph.ts'
import { type Graph, type GraphBuilder, type Value, graphBuilder } from '../../trace/graph.ts'
import { matmul } from '../../trace/lower/matmul.ts'
import { padRows } from './pad-rows.ts'

const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) / 2)

const ROWS = 512
const WIDE = 1024
const NARROW = 768

const matrix = (graph: GraphBuilder, name: string, rows: number, columns: number): Value =>
  graph.frozen(name, hostTensor(noise(rows * columns, name.length), [rows, columns]))

const binary = (graph: GraphBuilder, op: string, a: Value, b: Value): Value =>
  graph.emit(op, [a, b], a.shape.length >= b.shape.length ? a.shape : b.shape, 'float32')

const unary = (graph: GraphBuilder, op: string, x: Value): Value => graph.emit(op, [x], x.shape, 'float32')

const graphOf = (graph: GraphBuilder, outputs: Readonly<Record<string, Value>>): Graph => ({
  nodes: graph.nodes,
  inputs: graph.inputs,
  outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
})

/** A feed-forward layer and its gradients, with an adapter on both of its matrices. */
const feedForward = (): Graph => {
  const graph = graphBuilder()
  const x = graph.input('x', [ROWS, NARROW], 'float32')
  const dy = graph.input('dy', [ROWS, NARROW], 'float32')
  const a = graph.input('a', [WIDE, 4], 'float32')
  const b = graph.input('b', [4, WIDE], 'float32')
  const [up, down] = [matrix(graph, 'up', NARROW, WIDE), matrix(graph, 'down', NARROW, WIDE)]
  const bias = graph.frozen('bias', hostTensor(noise(WIDE, 9), [WIDE]))
  const adapted = matmul(graph, matmul(graph, x, matrix(graph, 'lora', NARROW, 4), false, false), b, false, false)
  const u = binary(graph, 'Add', binary(graph, 'Add', matmul(graph, x, up, false, false), bias), adapted)
  const gate = unary(graph, 'Sigmoid', u)
  const seen = graph.emit('Reshape', [gate, graph.ints([2, ROWS / 2, WIDE])], [2, ROWS / 2, WIDE], 'float32')
  const h = binary(graph, 'Mul', u, graph.emit('Reshape', [seen, graph.ints([ROWS, WIDE])], [ROWS, WIDE], 'float32'))
  const y = matmul(graph, h, down, false, true)
  const low = matmul(graph, h, a, false, false)
  const dh = matmul(graph, dy, down, false, false)
  const du = binary(
    graph,
    'Mul',
    binary(graph, 'Mul', dh, gate),
    binary(graph, 'Sub', h, graph.splat(1, [], 'float32')),
  )
  const dBias = graph.emit('ReduceSum', [du, graph.ints([0])], [WIDE], 'float32', { keepdims: 0 })
  return graphOf(graph, {
    y,
    low,
    dx: matmul(graph, du, up, false, true),
    dUp: matmul(graph, x, du, true, false),
    dDown: matmul(graph, h, dy, true, false),
    dBias,
    squares: graph.emit('ReduceSum', [unary(graph, 'Neg', du), graph.ints([1])], [ROWS], 'float32', { keepdims: 0 }),
  })
}

const feedsOf = ({ inputs }: Graph): Record<string, Float32Array> =>
  Object.fromEntries(
    inputs.map(({ name, shape }, i) => [
      name!,
      noise(
        shape.reduce((n, d) => n * d, 1),
        i,
      ),
    ]),
  )

/** The largest difference; arrays this long are not for `toEqual`. */
const difference = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((most, n, i) => Math.max(most, Math.abs(n - b[i]!)), 0) : Infinity

const spread = async (graph: Graph): Promise<Graph> => withPaddedWeights(padRows(graph))

/** Bytes that a graph copies to change the length of rows. */
const copied = ({ nodes }: Graph): number =>
  nodes
    .filter(({ op }) => op === 'Pad' || op === 'Slice')
    .reduce((sum, { outputs: [out] }) => sum + 4 * out!.shape.reduce((n, d) => n * d, 1), 0)

const widths = ({ nodes }: Graph): Set<number> => new Set(nodes.flatMap(({ outputs }) => outputs[0]!.shape.at(-1) ?? 1))

test('a layer whose rows collide, and its gradients, with longer rows: the same numbers to the bit', async () => {
  const graph = feedForward()
  const longer = await spread(graph)
  const feeds = feedsOf(graph)
  const [before, after] = [await runGraph(graph, feeds), await runGraph(longer, feeds)]
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
  for (const [name, numbers] of Object.entries(before)) {
    expect(
      numbers.some((n) => n !== 0),
      name,
    ).toBe(true)
    // a sum over the columns of rows that were cut off is one over other memory: it may be added up in another order
    expect(difference(numbers, after[name]!), name).toBeLessThanOrEqual(name === 'out/squares' ? 1e-3 : 0)
  }
  const activations = longer.nodes.filter(({ outputs: [out] }) => out!.shape[0] === ROWS)
  expect(activations.some(({ outputs: [out] }) => out!.shape[1] === WIDE + 16)).toBe(true)
  expect(
    widths({ ...longer, nodes: longer.nodes.filter(({ op }) => op === 'Mul') }),
    'no product of short rows',
  ).toEqual(new Set([WIDE + 16]))
  // what is cut off: two gradients of weights, that of the bias, and the rows that a sum over columns reads; b is padded
  const numbers = NARROW * WIDE + WIDE * NARROW + WIDE + ROWS * WIDE + 4 * (WIDE + 16) + (WIDE + 16) * 4
  expect(copied(longer)).toBe(4 * numbers)
})

test('rows that come from elsewhere are copied once where the products that read them gain more', async () => {
  const graph = graphBuilder()
  const x = graph.input('x', [ROWS, WIDE], 'float32')
  const y = graph.emit('Softmax', [x], [ROWS, WIDE], 'float32', { axis: -1 })
  const products = ['q', 'key', 'value'].map((name) =>
    matmul(graph, y, matrix(graph, name, WIDE, NARROW), false, false),
  )
  const [q, k, v] = products as [Value, Value, Value]
  const made = graphOf(graph, { q, k, v, y })
  const longer = await spread(made)
  expect(longer.nodes.filter(({ op }) => op === 'Pad').length).toBe(1)
  expect(longer.nodes.some(({ op }) => op === 'Slice')).toBe(false)
  const [before, after] = [await runGraph(made, feedsOf(made)), await runGraph(longer, feedsOf(made))]
  for (const name of Object.keys(before)) expect(difference(before[name]!, after[name]!), name).toBe(0)
})

test.each([
  ['fewer rows than the kernel reads at a time', 8, WIDE, NARROW],
  ['rows that do not collide', ROWS, WIDE - 16, NARROW],
  ['a product too small for the copy', ROWS, WIDE, 16],
])('%s stay as they are', (_, rows, wide, columns) => {
  const graph = graphBuilder()
  const x = unary(graph, 'Abs', graph.input('x', [rows, wide], 'float32'))
  const y = matmul(graph, x, matrix(graph, 'w', wide, columns), false, false)
  const made = graphOf(graph, { y })
  expect(padRows(made).graph).toBe(made)
})

test('a product of a value with itself, and one that both operands sum over', async () => {
  const graph = graphBuilder()
  const x = unary(graph, 'Abs', graph.input('x', [WIDE, WIDE], 'float32'))
  const z = unary(graph, 'Sigmoid', x)
  const made = graphOf(graph, {
    xx: matmul(graph, x, x, false, false),
    xz: matmul(graph, z, x, false, true),
    zx: matmul(graph, z, x, true, false),
  })
  const longer = await spread(made)
  const [before, after] = [await runGraph(made, feedsOf(made)), await runGraph(longer, feedsOf(made))]
  for (const name of Object.keys(before)) expect(difference(before[name]!, after[name]!), name).toBe(0)
})
