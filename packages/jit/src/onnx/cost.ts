import { sizeOf } from '../host-tensor.ts'
import type { Graph, Node, Value } from '../trace/graph.ts'
import { byteLength } from './element-type.ts'

/** Operators whose result is their input's memory. */
const VIEWS = new Set(['Reshape', 'Identity'])

/**
 * The most bytes that intermediate results need at one time, run in the graph's order: what a session holds besides its
 * weights, to a good approximation (ONNX Runtime also writes results over inputs nobody reads any more).
 */
export const activationBytes = ({ nodes, outputs }: Graph): number => {
  // a view keeps what it shows
  const owner = new Map<number, number>()
  const ownerOf = (v: Value): number => owner.get(v.id) ?? v.id
  const lastUse = new Map<number, number>()
  nodes.forEach(({ op, inputs, outputs }, i) => {
    if (VIEWS.has(op)) owner.set(outputs[0]!.id, ownerOf(inputs[0]!))
    for (const v of [...inputs, ...outputs]) lastUse.set(ownerOf(v), i)
  })
  // what is returned is there to the end
  for (const { value } of outputs) lastUse.set(ownerOf(value), nodes.length)
  const freed = new Map<number, number[]>()
  for (const [id, at] of lastUse) freed.set(at, [...(freed.get(at) ?? []), id])
  const size = new Map<number, number>()
  let [live, most] = [0, 0]
  nodes.forEach(({ op, outputs }, i) => {
    for (const v of VIEWS.has(op) ? [] : outputs) {
      size.set(v.id, byteLength(v))
      live += byteLength(v)
    }
    most = Math.max(most, live)
    for (const id of freed.get(i) ?? []) live -= size.get(id) ?? 0
  })
  return most
}

/** Elements of the frozen matrices that a product reads, their bytes packed, and the rows that each is multiplied by. */
interface FrozenOperand {
  readonly elements: number
  readonly bytes: number
  readonly rows: number
}

const frozenOperand = ({ op, inputs, outputs, attributes }: Node): FrozenOperand | undefined => {
  const right = inputs[1]!
  const rows = sizeOf(outputs[0]?.shape.slice(0, -1) ?? [])
  if (op === 'MatMulNBits')
    return { elements: (attributes['K'] as number) * (attributes['N'] as number), bytes: byteLength(right), rows }
  if ((op !== 'MatMul' && op !== 'FusedMatMul') || right.frozen === undefined) return undefined
  return { elements: sizeOf(right.shape), bytes: byteLength(right), rows: rows / sizeOf(right.shape.slice(0, -2)) }
}

/** Bytes of the frozen matrices that products read, each as often as it is read, and the mean rows they multiply. */
export const frozenProducts = ({ nodes }: Graph): { readonly bytes: number; readonly rows: number } => {
  const operands = nodes.flatMap((node) => frozenOperand(node) ?? [])
  const sum = (of: (operand: FrozenOperand) => number): number =>
    operands.reduce((total, operand) => total + of(operand), 0)
  const elements = sum((o) => o.elements)
  return { bytes: sum((o) => o.bytes), rows: elements === 0 ? 0 : sum((o) => o.elements * o.rows) / elements }
}
