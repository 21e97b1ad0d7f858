import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { registerGradients } from '../gradients/register-gradients.ts'
import { graphBuilder } from './graph.ts'
import { type Traced, trace } from './trace.ts'

registerGradients()

type Given = Readonly<Record<string, tf.Tensor>>
const signature = { x: { shape: [3, 4], dtype: 'float32' }, w: { shape: [4, 4], dtype: 'float32' } } as const
const traced = (f: (given: Given) => tf.Tensor | Readonly<Record<string, tf.Tensor>>): Traced['graph'] =>
  trace(
    (given) => {
      const out = f(given)
      return out instanceof tf.Tensor ? { out } : out
    },
    signature,
    {},
  ).graph
const operators = (f: Parameters<typeof traced>[0]): string[] => traced(f).nodes.map((n) => n.op)

test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
  ['x · 1', (x) => tf.mul(x, 1)],
  ['1 · x', (x) => tf.mul(1, x)],
  ['x · ones', (x) => tf.mul(x, tf.ones([3, 4]))],
  ['x + 0', (x) => tf.add(x, 0)],
  ['zeros + x', (x) => tf.add(tf.zeros([3, 4]), x)],
  ['x − 0', (x) => tf.sub(x, 0)],
  ['x / 1', (x) => tf.div(x, 1)],
  ['x ^ 1', (x) => tf.pow(x, 1)],
  ['x of its own shape', (x) => tf.reshape(x, [3, 4])],
  ['x reshaped there and back', (x) => tf.reshape(tf.reshape(x, [12]), [3, 4])],
  ['x of its own type', (x) => tf.cast(x, 'float32')],
  ['x where true', (x) => tf.where(tf.ones([3, 4], 'bool'), x, tf.neg(x))],
  ['(2 · 3 − 5) · x', (x) => tf.mul(tf.sub(tf.mul(tf.scalar(2), tf.scalar(3)), tf.scalar(5)), x)],
])('%s is x: no node', (_, f) => {
  const graph = traced(({ x }) => f(x!))
  expect(graph.nodes).toEqual([])
  expect(graph.outputs[0]!.value.name).toBe('x')
})

test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
  ['x + ones · -0', (x) => tf.add(x, tf.mul(tf.ones([3, 4]), -0))],
  ['1 − x', (x) => tf.sub(1, x)],
  ['0 · x, which is NaN where x is', (x) => tf.mul(0, x)],
  ['ones [2, 3, 4] · x, which repeats it', (x) => tf.mul(x, tf.ones([2, 3, 4]))],
])('%s is not x', (_, f) => {
  expect(operators(({ x }) => f(x!)).length).toBeGreaterThan(0)
})

test('a tensor of one value is one number until a node needs it whole', () => {
  expect(operators(({ x }) => tf.add(x!, tf.mul(tf.fill([3, 4], 2), 3)))).toEqual(['Add'])
  expect(traced(({ x }) => tf.add(x!, tf.fill([3, 4], 2))).nodes[0]!.inputs[1]!.shape).toEqual([])
  expect(operators(() => tf.zeros([3, 4]))).toEqual(['Expand'])
})

test('a number that multiplies an operand of a product is part of the product', () => {
  const scaled = (f: (x: tf.Tensor2D, w: tf.Tensor2D) => tf.Tensor): readonly unknown[] =>
    traced(({ x, w }) => f(x as tf.Tensor2D, w as tf.Tensor2D)).nodes.map(({ op, attributes }) => [
      op,
      attributes['alpha'],
      attributes['transB'],
    ])
  expect(scaled((x, w) => tf.matMul(tf.mul(x, 3), w))).toEqual([['FusedMatMul', { float: 3 }, 0]])
  expect(scaled((x, w) => tf.matMul(tf.mul(2, x), tf.transpose(tf.mul(w, 3))))).toEqual([
    ['FusedMatMul', { float: 6 }, 1],
  ])
  expect(scaled((x, w) => tf.matMul(tf.reshape(tf.mul(tf.reshape(x, [12]), 2), [3, 4]), w))).toEqual([
    ['FusedMatMul', { float: 2 }, 0],
  ])
  expect(scaled((x, w) => tf.matMul(tf.mul(tf.mul(x, 2), 0.5), w))).toEqual([['MatMul', undefined, undefined]])
  expect(scaled((x, w) => tf.matMul(tf.mul(x, tf.ones([3, 1])), w))[0]).toEqual(['MatMul', undefined, undefined])
  expect(operators(({ x, w }) => tf.matMul(tf.mul(x!, tf.sum(x!)) as tf.Tensor2D, w as tf.Tensor2D))).toEqual([
    'ReduceSum',
    'Mul',
    'MatMul',
  ])
})

test('what is computed twice is one node, what differs in an attribute or a type is two', () => {
  expect(operators(({ x }) => tf.mul(tf.exp(x!), tf.exp(x!)))).toEqual(['Exp', 'Mul'])
  expect(operators(({ x }) => tf.add(tf.sum(x!, 0, true), tf.sum(x!, 1, true)))).toEqual([
    'ReduceSum',
    'ReduceSum',
    'Add',
  ])
  const builder = graphBuilder()
  const [a, b] = [
    builder.constant(Int32Array.of(1, 2), [2], 'int32'),
    builder.constant(Float32Array.of(1, 2), [2], 'float32'),
  ]
  expect(a).not.toBe(b)
  expect(builder.constant(Int32Array.of(1, 2), [2], 'int32')).toBe(a)
  expect(builder.splat(0, [], 'float32')).not.toBe(builder.splat(-0, [], 'float32'))
})

test('what no output needs is not in the graph, a gradient of something else included', () => {
  expect(
    operators(({ x, w }) => {
      tf.grad((v) => tf.sum(tf.exp(v)))(w!)
      tf.sin(x!)
      return tf.neg(x!)
    }),
  ).toEqual(['Neg'])
})

test('a transpose goes into the product that reads it', () => {
  expect(operators(({ x, w }) => tf.matMul(x as tf.Tensor2D, tf.transpose(w!)))).toEqual(['FusedMatMul'])
})

test('nodes come after those they read; two traces of one function are the same graph', () => {
  const f = ({ x, w }: Given): tf.Tensor =>
    tf.grad((v) => tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, v as tf.Tensor2D))))(w!)
  const { nodes, inputs } = traced(f)
  const known = new Set(inputs.map((v) => v.id))
  for (const node of nodes) {
    for (const v of node.inputs) expect(known.has(v.id) || v.data !== undefined).toBe(true)
    for (const v of node.outputs) known.add(v.id)
  }
  expect(JSON.stringify(traced(f).nodes.map((n) => [n.op, n.attributes, n.inputs.map((v) => v.id)]))).toBe(
    JSON.stringify(nodes.map((n) => [n.op, n.attributes, n.inputs.map((v) => v.id)])),
  )
})
