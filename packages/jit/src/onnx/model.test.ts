import { expect, test } from 'vitest'
import { graphBuilder, liveNodes } from '../trace/graph.ts'
import { onnxModel } from './model.ts'

const builder = graphBuilder()
const x = builder.input('x', [2], 'float32')
const unread = builder.input('unread', [2], 'float32')
const small = builder.constant(Float32Array.of(1, 2), [2], 'float32', 'small')
const large = builder.constant(new Float32Array(256).fill(3), [256], 'float32', 'large')
const view = builder.constant(new Float32Array(512).subarray(256), [256], 'float32', 'view')
const y = builder.emit('Add', [x, small], [2], 'float32')
const sum = builder.emit('Add', [large, view], [256], 'float32')
const outputs = [{ name: 'y', value: y }, { name: 'same', value: y }, { name: 'sum', value: sum }, { name: 'x', value: x }, { name: 'w', value: small }]
const model = onnxModel({ nodes: liveNodes(builder.nodes, outputs.map((o) => o.value)), inputs: builder.inputs, outputs })

test('inputs that nothing reads are left out, outputs are all there', () => {
  expect(unread.name).toBe('unread')
  expect(model.inputs).toEqual(['x'])
  expect(model.outputs).toEqual(['y', 'same', 'sum', 'x', 'w'])
})

test('constants of a kilobyte and more stay outside, views as what they show', () => {
  expect(model.external.map(({ path, data }) => [path, data.byteLength])).toEqual([['w/large', 1024], ['w/view', 1024]])
  expect(model.bytes.length).toBeLessThan(1024)
  expect(Buffer.from(model.bytes).includes(Buffer.from(Float32Array.of(1, 2).buffer))).toBe(true)
})

test('the model starts with IR version 9 and its producer', () => {
  expect(Buffer.from(model.bytes.subarray(0, 9)).toString('hex')).toBe('0809' + '1205' + Buffer.from('gfnlm').toString('hex'))
})
