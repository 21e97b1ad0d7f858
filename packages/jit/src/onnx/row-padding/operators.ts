import type { Node, Value } from '../../trace/graph.ts'

/** Operators that work number by number and turn zeros into finite numbers. */
const ELEMENTWISE = new Set(['Add', 'FastGelu', 'Gelu', 'Mul', 'Neg', 'QuickGelu', 'Relu', 'Sigmoid', 'Sub', 'Tanh'])

/** Numbers in a row of an array. */
export const columnsOf = ({ shape }: Value): number => shape.at(-1) ?? 1

const sumsOverRows = ({ inputs, outputs: [out] }: Node): boolean => {
  const [x, axes] = inputs
  const rank = x!.shape.length
  const last =
    axes?.data === undefined || Array.from(axes.data, Number).some((axis) => (axis + rank) % rank === rank - 1)
  return !last && out!.shape.length > 0
}

/** One number for all columns: the same at every run, or a factor of ±∞ would make NaN of a zero. */
const isFiniteConstant = ({ data }: Value): boolean =>
  data !== undefined && Array.from(data, Number).every(Number.isFinite)

/** Whether a node's result in a column depends on that column of its operands alone, and is finite where they are 0. */
export const isColumnwise = (node: Node): boolean => {
  const [out] = node.outputs
  if (out!.dtype !== 'float32' || out!.shape.length === 0) return false
  if (node.op === 'Reshape') return columnsOf(node.inputs[0]!) === columnsOf(out!)
  if (node.op === 'ReduceSum') return sumsOverRows(node)
  const fits = (v: Value): boolean =>
    v.dtype === 'float32' && (columnsOf(v) === columnsOf(out!) || (columnsOf(v) === 1 && isFiniteConstant(v)))
  return ELEMENTWISE.has(node.op) && node.inputs.every(fits)
}

/** A product with one matrix for all rows. */
export interface Product {
  readonly left: Value
  /** [inner, columns], or the transpose */
  readonly right: Value
  readonly out: Value
  readonly transA: boolean
  readonly transB: boolean
  readonly inner: number
  /** Rows of the result */
  readonly rows: number
  /** Columns of the result */
  readonly columns: number
}

/** A node as such a product, if it is one. */
export const productOf = ({ op, inputs, outputs: [out], attributes }: Node): Product | undefined => {
  if (op !== 'MatMul' && op !== 'FusedMatMul') return undefined
  const [left, right] = inputs as readonly [Value, Value]
  const [transA, transB] = [attributes['transA'] === 1, attributes['transB'] === 1]
  if (right.shape.length !== 2 || left.shape.length < 2 || (transA && left.shape.length !== 2)) return undefined
  const [inner, columns] = transB ? [right.shape[1]!, right.shape[0]!] : [right.shape[0]!, right.shape[1]!]
  const rows = out!.shape.slice(0, -1).reduce((n, d) => n * d, 1)
  return { left, right, out: out!, transA, transB, inner, rows, columns }
}
