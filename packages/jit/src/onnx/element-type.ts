import { sizeOf } from '../host-tensor.ts'
import type { GraphType, Value } from '../trace/graph.ts'

/** ONNX's number of each element type (TensorProto.DataType). */
export const ELEMENT: Readonly<Record<GraphType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint4: 21,
}

const BITS: Readonly<Record<GraphType, number>> = {
  float32: 32,
  uint8: 8,
  int32: 32,
  int64: 64,
  bool: 8,
  float64: 64,
  uint4: 4,
}

/** Bytes that a value takes. */
export const byteLength = ({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>): number =>
  Math.ceil((sizeOf(shape) * BITS[dtype]) / 8)
