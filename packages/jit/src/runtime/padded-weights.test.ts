import { expect, test } from 'vitest'
import { hostTensor } from '../host-tensor.ts'
import { padRows } from '../onnx/row-padding/pad-rows.ts'
import { graphBuilder } from '../trace/graph.ts'
import { matmul } from '../trace/lower/matmul.ts'
import { withPaddedWeights } from './padded-weights.ts'
import { onDisk } from './scratch.ts'

test('a matrix on disk is padded on disk, once for all graphs, in pieces', async () => {
  const [rows, columns] = [2048, 768]
  const inMemory = hostTensor(
    Float32Array.from({ length: rows * columns }, (_, i) => i),
    [rows, columns],
  )
  const w = await onDisk(inMemory)
  const padded = async (batch: number) => {
    const graph = graphBuilder()
    const x = graph.emit('Abs', [graph.input('x', [batch, rows], 'float32')], [batch, rows], 'float32')
    const y = matmul(graph, x, graph.frozen('w', w), false, false)
    const made = { nodes: graph.nodes, inputs: graph.inputs, outputs: [{ name: 'y', value: y }] }
    const { nodes } = await withPaddedWeights(padRows(made))
    return nodes.find(({ op }) => op === 'MatMul')!.inputs[1]!.frozen!
  }
  const [one, other] = [await padded(64), await padded(32)]
  expect(one.shape).toEqual([rows + 16, columns])
  expect(one.file).toBeDefined()
  expect(other.file).toEqual(one.file)
  const numbers = one.data
  expect(inMemory.data.every((n, i) => numbers[i] === n)).toBe(true)
  expect(numbers.subarray(rows * columns).every((n) => n === 0)).toBe(true)
})
