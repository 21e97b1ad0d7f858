import type { HostTensor } from '../../host-tensor.ts'
import type { Graph, Node, Value } from '../../trace/graph.ts'
import { fresh, ints, plain } from '../made.ts'
import { chooseRows } from './choose.ts'
import { type Product, isColumnwise, productOf } from './operators.ts'

/** A line of the cache, in float32 numbers. */
const LINE = 16

/** A frozen array with zeros after its rows and its columns, still to be made. */
export interface PaddedArray {
  readonly from: HostTensor
  readonly shape: readonly number[]
}

/** A graph of which some frozen arrays are still to be made, by the values that stand for them. */
export interface PaddedGraph {
  readonly graph: Graph
  readonly arrays: ReadonlyMap<Value, PaddedArray>
}

const lengthened = (shape: readonly number[]): number[] => shape.with(-1, shape.at(-1)! + LINE)

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.every((d, i) => d === b[i])

/**
 * The same function with rows that do not collide in the cache (`chooseRows`): they are a line longer, zeros where they
 * begin to exist. What a product sums over gets as many zeros in its other operand, so that whatever elementwise
 * operators made of the zeros counts nothing, and results are those of the graph as it was, to the bit. This needs what
 * stands against a zero to be finite: where a row of a product's left operand holds ±∞, a saturating function (tanh,
 * sigmoid) might have made numbers of that row's results again, and longer rows make them NaN.
 */
export const padRows = (graph: Graph): PaddedGraph => {
  const chosen = chooseRows(graph)
  const arrays = new Map<Value, PaddedArray>()
  if (chosen.size === 0) return { graph, arrays }

  const nodes: Node[] = []
  const memo = new Map<string, Value>()
  const once = (key: string, make: () => Value): Value => {
    const found = memo.get(key) ?? make()
    memo.set(key, found)
    return found
  }
  /** With zeros at the ends of its axes. */
  const withZeros = (v: Value, shape: readonly number[]): Value =>
    sameShape(shape, v.shape)
      ? v
      : once(`${v.id} ${shape.join()}`, () => {
          const out: Value = {
            ...fresh({ shape, dtype: v.dtype }),
            ...(v.name === undefined ? {} : { name: `${v.name}/${shape.join('x')}` }),
          }
          if (v.frozen !== undefined) {
            arrays.set(out, { from: v.frozen, shape })
            return out
          }
          const ends = shape.map((d, axis) => d - v.shape[axis]!)
          const unnamed = fresh(out)
          nodes.push(plain('Pad', [v, ints([...ends.map(() => 0), ...ends])], unnamed))
          return unnamed
        })
  /** The beginnings of its axes, as `out`. */
  const begin = (v: Value, out: Value): void => {
    const cut = out.shape.flatMap((d, axis) => (d === v.shape[axis] ? [] : [axis]))
    nodes.push(plain('Slice', [v, ints(cut.map(() => 0)), ints(cut.map((axis) => out.shape[axis]!)), ints(cut)], out))
  }

  const long = new Map<number, Value>()
  const there = new Set(graph.inputs.map(({ id }) => id))
  /** A chosen value as it now is. */
  const longOf = (v: Value): Value => {
    const found = long.get(v.id) ?? withZeros(v, lengthened(v.shape))
    long.set(v.id, found)
    return found
  }
  /** A value as it was. */
  const shortOf = (v: Value): Value => {
    const found = long.get(v.id)
    if (found !== undefined && !there.has(v.id) && v.data === undefined && v.frozen === undefined) {
      begin(found, v)
      there.add(v.id)
    }
    return v
  }
  const extra = (yes: boolean): number => (yes ? LINE : 0)

  const product = (node: Node, { left, right, out, transA, transB, inner, columns }: Product): void => {
    const longLeft = chosen.has(left.id)
    const longRight = chosen.has(right.id) && !transB
    const k = inner + extra(longLeft && !transA)
    const n = columns + extra(longRight || chosen.has(out.id))
    const operands = [
      longLeft ? longOf(left) : shortOf(left),
      withZeros(longRight ? longOf(right) : shortOf(right), transB ? [n, k] : [k, n]),
    ]
    const made = out.shape.with(-1, n).with(-2, out.shape.at(-2)! + extra(longLeft && transA))
    const wanted = chosen.has(out.id) ? lengthened(out.shape) : out.shape
    const result = sameShape(made, out.shape) ? out : fresh({ shape: made, dtype: out.dtype })
    nodes.push({ ...node, inputs: operands, outputs: [result] })
    if (chosen.has(out.id)) {
      const kept = sameShape(made, wanted) ? result : fresh({ shape: wanted, dtype: out.dtype })
      if (kept !== result) begin(result, kept)
      long.set(out.id, kept)
      return
    }
    if (result !== out) begin(result, out)
    there.add(out.id)
  }

  const columnwise = (node: Node, out: Value): void => {
    const result = fresh({ shape: lengthened(out.shape), dtype: out.dtype })
    const [first, ...rest] = node.inputs
    const operands =
      node.op === 'Reshape'
        ? [longOf(first!), ints(result.shape)]
        : node.op === 'ReduceSum'
          ? [longOf(first!), ...rest]
          : node.inputs.map((v) => (v.shape.at(-1) === out.shape.at(-1) ? longOf(v) : v))
    nodes.push({ ...node, inputs: operands, outputs: [result] })
    long.set(out.id, result)
  }

  for (const node of graph.nodes) {
    const [out] = node.outputs
    const asProduct = productOf(node)
    const touched = [...node.inputs, ...node.outputs].some((v) => chosen.has(v.id))
    if (touched && asProduct !== undefined) product(node, asProduct)
    else if (chosen.has(out!.id) && isColumnwise(node) && node.inputs.some((v) => chosen.has(v.id)))
      columnwise(node, out!)
    else {
      for (const v of node.inputs) shortOf(v)
      nodes.push(node)
      for (const v of node.outputs) there.add(v.id)
    }
  }
  for (const { value } of graph.outputs) shortOf(value)
  return { graph: { ...graph, nodes }, arrays }
}

/** The graph with its arrays, once they are made. */
export const withArrays = (graph: Graph, made: ReadonlyMap<Value, HostTensor>): Graph => {
  const of = new Map([...made].map(([value, frozen]) => [value.id, { ...value, frozen }]))
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((v) => of.get(v.id) ?? v) })),
  }
}
