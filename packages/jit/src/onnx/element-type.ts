import type { GraphType } from '../trace/graph.ts'

/** ONNX's number of each element type (TensorProto.DataType). */
export const ELEMENT: Readonly<Record<GraphType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 }
