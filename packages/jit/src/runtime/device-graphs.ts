import { type OnnxModel, onnxModel } from '../onnx/model.ts'
import { type GraphBuilder, type Value, graphBuilder } from '../trace/graph.ts'
import type { Wire } from './protocol.ts'

/** What is known of an array before it is there. */
export type Shaped = Pick<Wire, 'dtype' | 'shape'>

/** A model that gives its inputs back: what brings arrays to a device, and back from it. */
export const identityModel = (arrays: Readonly<Record<string, Shaped>>): OnnxModel => {
  const builder = graphBuilder()
  const outputs = Object.entries(arrays).map(([name, { shape, dtype }]) => ({
    name,
    value: builder.input(name, shape, dtype),
  }))
  return onnxModel({ nodes: [], inputs: builder.inputs, outputs })
}

/** `target` with row r of `source` at index `at[r]` of `axis`; a row at −1 stays as it is. */
const written = (builder: GraphBuilder, target: Value, source: Value, at: Value, axis: number): Value => {
  const along = (length: number, i: number): number[] => target.shape.map((_, k) => (k === i ? length : 1))
  const [rows, n] = [target.shape[0]!, target.shape[axis]!]
  const index = builder.constant(
    Int32Array.from({ length: n }, (_, i) => i),
    along(n, axis),
    'int32',
  )
  const of = builder.emit('Reshape', [at, builder.ints(along(rows, 0))], along(rows, 0), 'int32')
  const here = builder.emit('Equal', [index, of], along(n, axis).with(0, rows), 'bool')
  return builder.emit('Where', [here, source, target], target.shape, target.dtype)
}

/** One write as `writeModel` spells it: inputs `target/i`, `source/i` and `at/i`, output `i`. */
export interface ShapedWrite {
  readonly target: Shaped
  readonly axis: number
}

/** A model of writes, as `writeRows` does them, that gives the targets as they are afterwards. */
export const writeModel = (writes: readonly ShapedWrite[]): OnnxModel => {
  const builder = graphBuilder()
  const outputs = writes.map(({ target: { shape, dtype }, axis }, i) => {
    const target = builder.input(`target/${i}`, shape, dtype)
    const source = builder.input(`source/${i}`, shape.with(axis, 1), dtype)
    const at = builder.input(`at/${i}`, [shape[0]!], 'int32')
    return { name: `${i}`, value: written(builder, target, source, at, axis) }
  })
  return onnxModel({ nodes: builder.nodes, inputs: builder.inputs, outputs })
}
