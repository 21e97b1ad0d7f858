import fc from 'fast-check'
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

const weights = hostTensor(new Float32Array(WIDE * WIDE), [WIDE, WIDE])

/** Operators that need short rows, so many that long ones do not pay. */
const short = (graph: GraphBuilder, x: Value): Value =>
  [1, 2, 3, 4, 5, 6].map((k) => graph.emit('Elu', [x], x.shape, 'float32', { alpha: { float: k } }))[0]!

/** What makes another matrix [WIDE, WIDE] of two. */
const STEPS: readonly ((graph: GraphBuilder, a: Value, b: Value) => Value)[] = [
  (graph, a) => unary(graph, 'Sigmoid', a),
  short,
  (graph, a, b) => binary(graph, 'Add', a, b),
  (graph, a, b) => binary(graph, 'Mul', a, b),
  (graph, a) => matmul(graph, a, graph.frozen('w', weights), false, false),
  (graph, a) => matmul(graph, a, graph.frozen('w', weights), false, true),
  (graph, a, b) => matmul(graph, a, b, false, false),
  (graph, a, b) => matmul(graph, a, b, true, false),
  (graph, a, b) => matmul(graph, a, b, false, true),
]

/** Values that are made twice, or read before they are made. */
const flawsOf = ({ nodes, inputs, outputs }: Graph): string[] => {
  const made = new Set(inputs.map(({ id }) => id))
  const isThere = (v: Value): boolean => made.has(v.id) || v.data !== undefined || v.name !== undefined
  const flaws: string[] = []
  for (const node of nodes) {
    if (!node.inputs.every(isThere)) flaws.push(`${node.op} reads what is not there`)
    for (const { id } of node.outputs) {
      if (made.has(id)) flaws.push(`${node.op} makes a value again`)
      made.add(id)
    }
  }
  return outputs.every(({ value }) => isThere(value)) ? flaws : [...flaws, 'an output is missing']
}

test('whatever the graph, every value is made once, before it is read', () => {
  const step = fc.tuple(fc.nat(STEPS.length - 1), fc.nat(9), fc.nat(9))
  let changed = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 4, maxLength: 16 }), (steps) => {
      const graph = graphBuilder()
      const values = [graph.input('x', [WIDE, WIDE], 'float32')]
      const latest = (i: number): Value => values.at(-1 - (i % values.length))!
      for (const [which, i, j] of steps) values.push(STEPS[which]!(graph, latest(i), latest(j)))
      const made = graphOf(graph, { last: latest(0), other: latest(3) })
      const longer = padRows(made).graph
      if (longer !== made) changed++
      expect(flawsOf(longer)).toEqual([])
    }),
    { seed: 1, numRuns: 1000 },
  )
  expect(changed).toBeGreaterThan(100)
})

test('a factor of ±∞ on a row stays what it was: longer rows make no NaN of it', async () => {
  const graph = graphBuilder()
  const x = graph.input('x', [WIDE, WIDE], 'float32')
  const factor = graph.input('factor', [WIDE, 1], 'float32')
  const u = matmul(graph, x, matrix(graph, 'up', WIDE, WIDE), false, false)
  const h = unary(graph, 'Tanh', binary(graph, 'Mul', u, factor))
  const made = graphOf(graph, { y: matmul(graph, h, matrix(graph, 'down', WIDE, WIDE), false, false) })
  const longer = await spread(made)
  expect(longer).not.toBe(made)
  const feeds = { ...feedsOf(made), factor: new Float32Array(WIDE).fill(Infinity) }
  const [before, after] = [await runGraph(made, feeds), await runGraph(longer, feeds)]
  expect(before['out/y']!.every(Number.isFinite)).toBe(true)
  expect(difference(before['out/y']!, after['out/y']!)).toBe(0)
})

test('a chain as long as a long training step has its families, however deep', () => {
  const graph = graphBuilder()
  let sum = matmul(graph, graph.input('x', [ROWS, WIDE], 'float32'), graph.frozen('w', weights), false, false)
  for (let i = 0; i < 20_000; i++) sum = binary(graph, 'Add', sum, graph.splat(i, [], 'float32'))
  const made = graphOf(graph, { y: matmul(graph, sum, graph.frozen('w', weights), false, false) })
  expect(flawsOf(padRows(made).graph)).toEqual([])
})
