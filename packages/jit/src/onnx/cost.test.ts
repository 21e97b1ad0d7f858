import { expect, test } from 'vitest'
import { hostTensor } from '../host-tensor.ts'
import { type Value, graphBuilder } from '../trace/graph.ts'
import { matmul } from '../trace/lower/matmul.ts'
import { activationBytes, frozenProducts } from './cost.ts'

test('activations count while somebody reads them, a view as what it shows', () => {
  const graph = graphBuilder()
  const x = graph.input('x', [100], 'float32')
  const a = graph.emit('Neg', [x], [100], 'float32')
  const view = graph.emit('Reshape', [a, graph.ints([10, 10])], [10, 10], 'float32')
  const b = graph.emit('Abs', [x], [100], 'float32')
  const c = graph.emit('Mul', [b, b], [100], 'float32')
  const d = graph.emit('ReduceSum', [view], [], 'float32')
  const e = graph.emit('Add', [c, d], [100], 'float32')
  // a, b and c together; a is read through its view after b is not needed any more
  expect(activationBytes({ nodes: graph.nodes, inputs: graph.inputs, outputs: [{ name: 'e', value: e }] })).toBe(1200)
})

test('what is returned counts to the end, through its view too', () => {
  const graph = graphBuilder()
  const x = graph.input('x', [100], 'float32')
  const [a, b, c] = ['Neg', 'Abs', 'Exp'].map((op) => graph.emit(op, [x], [100], 'float32')) as [Value, Value, Value]
  const view = graph.emit('Reshape', [a, graph.ints([10, 10])], [10, 10], 'float32')
  const outputs = [view, b, c].map((value, i) => ({ name: `${i}`, value }))
  expect(activationBytes({ nodes: graph.nodes, inputs: graph.inputs, outputs })).toBe(1200)
})

test('frozen products: their bytes, and the rows a mean element of them is multiplied by', () => {
  const graph = graphBuilder()
  const w = graph.frozen('w', hostTensor(new Float32Array(12), [4, 3]))
  const v = graph.frozen('v', hostTensor(new Float32Array(24), [3, 8]))
  const x = graph.input('x', [2, 5, 4], 'float32')
  const y = matmul(graph, x, w, false, false)
  const z = matmul(graph, graph.emit('Slice', [y], [2, 3], 'float32'), v, false, false)
  const back = matmul(graph, y, w, false, true)
  matmul(graph, back, x, false, true)
  const outputs = [{ name: 'z', value: z }]
  expect(frozenProducts({ nodes: graph.nodes, inputs: graph.inputs, outputs })).toEqual({
    bytes: 4 * 48,
    rows: (12 * 10 + 24 * 2 + 12 * 10) / 48,
  })
  const quantised = graph.emit(
    'MatMulNBits',
    [y, graph.frozen('c', hostTensor(new Int32Array(128), [32, 1, 4]))],
    [2, 5, 32],
    'float32',
    { K: 8, N: 32 },
  )
  expect(
    frozenProducts({ nodes: graph.nodes.slice(-1), inputs: graph.inputs, outputs: [{ name: 'q', value: quantised }] }),
    'of quantised ones',
  ).toEqual({ bytes: 512, rows: 10 })
  expect(frozenProducts({ nodes: [], inputs: [], outputs })).toEqual({ bytes: 0, rows: 0 })
})
