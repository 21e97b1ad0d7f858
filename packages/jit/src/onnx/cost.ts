import { sizeOf } from '../host-tensor.ts'
import type { Graph, Node, Value } from '../trace/graph.ts'

const BYTES = { float32: 4, int32: 4, bool: 1, int64: 8 } as const

const bytesOf = ({ shape, dtype }: Value): number => sizeOf(shape) * BYTES[dtype]

/** Operators whose result is their input's memory. */
const VIEWS = new Set(['Reshape', 'Identity'])

/**
 * The most bytes that intermediate results need at one time, run in the graph's order: what a session holds besides its
 * weights, to a good approximation (ONNX Runtime also writes results over inputs nobody reads any more).
 */
export const activationBytes = ({ nodes }: Graph): number => {
  // a view keeps what it shows
  const owner = new Map<number, number>()
  const ownerOf = (v: Value): number => owner.get(v.id) ?? v.id
  const lastUse = new Map<number, number>()
  nodes.forEach(({ op, inputs, outputs }, i) => {
    if (VIEWS.has(op)) owner.set(outputs[0]!.id, ownerOf(inputs[0]!))
    for (const v of [...inputs, ...outputs]) lastUse.set(ownerOf(v), i)
  })
  const freed = new Map<number, number[]>()
  for (const [id, at] of lastUse) freed.set(at, [...(freed.get(at) ?? []), id])
  const size = new Map<number, number>()
  let [live, most] = [0, 0]
  nodes.forEach(({ op, outputs }, i) => {
    for (const v of VIEWS.has(op) ? [] : outputs) {
      size.set(v.id, bytesOf(v))
      live += bytesOf(v)
    }
    most = Math.max(most, live)
    for (const id of freed.get(i) ?? []) live -= size.get(id) ?? 0
  })
  return most
}

const PRODUCTS = new Set(['MatMul', 'FusedMatMul'])

/** Rows that each matrix of a product's right operand is multiplied by. */
const rowsOf = ({ inputs, outputs }: Node): number =>
  sizeOf(outputs[0]!.shape.slice(0, -1)) / sizeOf(inputs[1]!.shape.slice(0, -2))

/** Bytes of the frozen matrices that products read, each as often as it is read, and the mean rows they multiply. */
export const frozenProducts = ({ nodes }: Graph): { readonly bytes: number; readonly rows: number } => {
  const products = nodes.filter((n) => PRODUCTS.has(n.op) && n.inputs[1]!.frozen !== undefined)
  const elements = products.reduce((sum, n) => sum + sizeOf(n.inputs[1]!.shape), 0)
  const weighted = products.reduce((sum, n) => sum + sizeOf(n.inputs[1]!.shape) * rowsOf(n), 0)
  return { bytes: 4 * elements, rows: elements === 0 ? 0 : weighted / elements }
}
