import type { Node, Value } from '../trace/graph.ts'

let next = -1

/** A value that was not traced: negative ids never meet a traced one. */
export const fresh = (like: Pick<Value, 'shape' | 'dtype'>): Value => ({
  id: next--,
  shape: like.shape,
  dtype: like.dtype,
})

/** An int64 vector constant: a shape, axes, starts. */
export const ints = (values: readonly number[]): Value => ({
  ...fresh({ shape: [values.length], dtype: 'int64' }),
  data: BigInt64Array.from(values, BigInt),
})

/** An application of one of ONNX's own operators. */
export const plain = (
  op: string,
  inputs: readonly Value[],
  output: Value,
  attributes: Node['attributes'] = {},
): Node => ({ op, domain: '', inputs, attributes, outputs: [output] })
