import { expect, test } from 'vitest'
import { fileTensor, hostTensor } from '../host-tensor.ts'
import { graphBuilder, liveNodes } from '../trace/graph.ts'
import { onnxModel } from './model.ts'

const builder = graphBuilder()
const x = builder.input('x', [2], 'float32')
const unread = builder.input('unread', [2], 'float32')
const small = builder.frozen('small', hostTensor(Float32Array.of(1, 2)))
const onDisk = builder.frozen(
  'onDisk',
  fileTensor({ path: '/models/a b/model.safetensors', offset: 4096 }, 'float32', [1 << 20]),
)
const view = builder.frozen('view', hostTensor(Float32Array.from({ length: 8 }, (_, i) => i).subarray(4)))
const y = builder.emit('Add', [x, small], [2], 'float32')
const sum = builder.emit('Add', [onDisk, x], [1 << 20], 'float32')
const four = builder.emit('Neg', [view], [4], 'float32')
const outputs = [
  { name: 'y', value: y },
  { name: 'same', value: y },
  { name: 'sum', value: sum },
  { name: 'x', value: x },
  { name: 'w', value: small },
  { name: 'four', value: four },
]
const model = onnxModel({
  nodes: liveNodes(
    builder.nodes,
    outputs.map((o) => o.value),
  ),
  inputs: builder.inputs,
  outputs,
})

test('inputs that nothing reads are left out, outputs are all there', () => {
  expect(unread.name).toBe('unread')
  expect(model.inputs).toEqual(['x'])
  expect(model.outputs).toEqual(['y', 'same', 'sum', 'x', 'w', 'four'])
})

const holds = (bytes: Uint8Array): boolean => Buffer.from(model.bytes).includes(Buffer.from(bytes))

test('arrays in memory are part of the model, views as what they show; arrays on disk are not read', () => {
  expect(holds(new Uint8Array(Float32Array.of(1, 2).buffer))).toBe(true)
  expect(holds(new Uint8Array(Float32Array.of(4, 5, 6, 7).buffer))).toBe(true)
  expect(holds(new Uint8Array(Float32Array.of(3, 4).buffer))).toBe(false)
  expect(model.bytes.length).toBeLessThan(1024)
})

test('a file is named from the root, with where the array lies in it', () => {
  for (const text of ['models/a b/model.safetensors', '4096', String(4 << 20)])
    expect(holds(Buffer.from(text))).toBe(true)
  expect(holds(Buffer.from('/models'))).toBe(false)
})

test('statistics of a norm that nothing reads are left out', () => {
  const graph = graphBuilder()
  const a = graph.input('a', [2], 'float32')
  const [first] = graph.emitMany(
    'LayerNormalization',
    [a],
    [
      { shape: [2], dtype: 'float32' },
      { shape: [1], dtype: 'float32' },
    ],
  )
  const { bytes } = onnxModel({ nodes: graph.nodes, inputs: graph.inputs, outputs: [{ name: 'first', value: first! }] })
  expect(Buffer.from(bytes).includes('out/first')).toBe(true)
  expect(Buffer.from(bytes).includes('v2')).toBe(false)
})

test('the model starts with IR version 9 and its producer', () => {
  expect(Buffer.from(model.bytes.subarray(0, 9)).toString('hex')).toBe(
    '0809' + '1205' + Buffer.from('gfnlm').toString('hex'),
  )
})
