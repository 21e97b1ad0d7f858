import type { Graph, Node, Value } from '../../trace/graph.ts'
import { byteLength } from '../element-type.ts'
import { columnsOf, isColumnwise, productOf } from './operators.ts'

/** Bytes between addresses that share a set of the first-level data cache: 64 sets of lines of 64 bytes. */
const WAY = 4096

/** Rows of the left operand that the product kernel reads at a time; a set of the cache holds eight lines. */
const ROWS_AT_A_TIME = 12

/** What a product takes longer whose rows collide: 129 against 172 GFLOP/s at [512, 3072] · [3072, 768]. */
const LOSS = 1 / 4

/** Copying a byte takes as long as so many floating-point operations of a product. */
const FLOPS_A_BYTE = 40

const isConstant = (v: Value): boolean => v.data !== undefined || v.frozen !== undefined

const collides = (v: Value): boolean =>
  v.dtype === 'float32' && v.shape.length > 0 && (4 * columnsOf(v)) % WAY === 0 && v.splat === undefined

type Use = { readonly node: Node; readonly position: number }

/** Values that have their columns in common: what elementwise operators make of each other. */
const families = ({ nodes }: Graph): Value[][] => {
  const above = new Map<number, number>()
  const root = (id: number): number => {
    const path: number[] = []
    let at = id
    for (let up = above.get(at); up !== undefined; up = above.get(at)) {
      path.push(at)
      at = up
    }
    for (const passed of path) above.set(passed, at)
    return at
  }
  const values = new Map<number, Value>()
  for (const node of nodes) {
    for (const v of [...node.inputs, ...node.outputs]) if (collides(v)) values.set(v.id, v)
    const [out] = node.outputs
    if (!isColumnwise(node) || !collides(out!)) continue
    for (const v of node.inputs.filter(collides)) {
      const [a, b] = [root(v.id), root(out!.id)]
      if (a !== b) above.set(a, b)
    }
  }
  const grouped = new Map<number, Value[]>()
  for (const v of values.values()) {
    const family = grouped.get(root(v.id))
    if (family === undefined) grouped.set(root(v.id), [v])
    else family.push(v)
  }
  return [...grouped.values()]
}

/**
 * Values whose rows are to be a line of the cache longer.
 *
 * The product kernel reads twelve rows of its left operand side by side. Where they lie a multiple of 4096 bytes apart
 * they all fall into one set of the first-level cache, which holds eight lines: each line is gone before its other
 * fifteen numbers are read. A family is chosen where what its products gain outweighs what has to be copied at its
 * borders; where it does not, a left operand alone may still be worth its copy.
 */
export const chooseRows = (graph: Graph): ReadonlySet<number> => {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((v) => [v.id, node] as const)))
  const uses = new Map<number, Use[]>()
  for (const node of graph.nodes)
    node.inputs.forEach((v, position) => uses.set(v.id, [...(uses.get(v.id) ?? []), { node, position }]))
  const returned = new Set(graph.outputs.map(({ value }) => value.id))

  const unlessConstant = (v: Value): number => (isConstant(v) ? 0 : byteLength(v))
  const entering = (v: Value, among: ReadonlySet<number>): number => {
    const producer = producers.get(v.id)
    if (producer === undefined) return unlessConstant(v)
    if (isColumnwise(producer) && producer.inputs.some((input) => among.has(input.id))) return 0
    const product = productOf(producer)
    return product === undefined ? byteLength(v) : unlessConstant(product.right)
  }
  /** Bytes copied at a use, and the operations that it saves. */
  const leaving = (v: Value, { node, position }: Use, among: ReadonlySet<number>): { bytes: number; saved: number } => {
    if (isColumnwise(node) && node.outputs.some((out) => among.has(out.id))) return { bytes: 0, saved: 0 }
    const product = productOf(node)
    if (product === undefined || (position === 1 && product.transB)) return { bytes: byteLength(v), saved: 0 }
    const { left, right, out, transA, rows, inner, columns } = product
    if (position === 1 || transA) return { bytes: byteLength(out), saved: 0 }
    const saved = rows < ROWS_AT_A_TIME ? 0 : 2 * rows * inner * columns * LOSS
    return { bytes: right.id === left.id ? byteLength(right) : unlessConstant(right), saved }
  }
  const pays = (family: readonly Value[]): boolean => {
    const among = new Set(family.map(({ id }) => id))
    let [bytes, saved] = [0, 0]
    for (const v of family) {
      bytes += entering(v, among) + (returned.has(v.id) ? byteLength(v) : 0)
      for (const use of uses.get(v.id) ?? []) {
        const at = leaving(v, use, among)
        bytes += at.bytes
        saved += at.saved
      }
    }
    return saved > bytes * FLOPS_A_BYTE
  }
  const chosen = families(graph).flatMap((family) =>
    pays(family) ? family : family.filter((v) => !isConstant(v) && pays([v])),
  )
  return new Set(chosen.map(({ id }) => id))
}
