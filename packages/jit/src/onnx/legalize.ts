import type { Graph, Node, Value } from '../trace/graph.ts'

let next = -1
/** A value that only legalisation makes; negative ids never meet a traced one. */
const fresh = (like: Pick<Value, 'shape' | 'dtype'>): Value => ({ id: next--, shape: like.shape, dtype: like.dtype })

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

const transposed = (value: Value): { readonly node: Node; readonly value: Value } => {
  const perm = swapLast(value.shape.length)
  const out = fresh({ shape: perm.map((p) => value.shape[p]!), dtype: value.dtype })
  return { value: out, node: { op: 'Transpose', domain: '', inputs: [value], attributes: { perm }, outputs: [out] } }
}

/** FusedMatMul is ONNX Runtime's own and its WebGPU provider lacks it: spell it as Transpose and MatMul. */
const plainMatMul = (node: Node): Node[] => {
  const before: Node[] = []
  const operands = (['transA', 'transB'] as const).map((flag, i) => {
    if (node.attributes[flag] !== 1) return node.inputs[i]!
    const t = transposed(node.inputs[i]!)
    before.push(t.node)
    return t.value
  })
  return [...before, { op: 'MatMul', domain: '', inputs: operands, attributes: {}, outputs: node.outputs }]
}

/** LogSoftmax as Log of Softmax would underflow; as x - max - log Σ exp it does not. */
const plainLogSoftmax = (node: Node): Node[] => {
  const [x, out] = [node.inputs[0]!, node.outputs[0]!]
  const axis = node.attributes['axis'] as number
  const reducedShape = x.shape.map((d, i) => (i === axis ? 1 : d))
  const axes: Value = { ...fresh({ shape: [1], dtype: 'int64' }), data: BigInt64Array.of(BigInt(axis)) }
  const [max, shifted, exp, sum, log] = [fresh({ ...x, shape: reducedShape }), fresh(x), fresh(x), fresh({ ...x, shape: reducedShape }), fresh({ ...x, shape: reducedShape })]
  const make = (op: string, inputs: Value[], output: Value, attributes: Node['attributes'] = {}): Node => ({ op, domain: '', inputs, attributes, outputs: [output] })
  return [
    make('ReduceMax', [x, axes], max!, { keepdims: 1 }),
    make('Sub', [x, max!], shifted!),
    make('Exp', [shifted!], exp!),
    make('ReduceSum', [exp!, axes], sum!, { keepdims: 1 }),
    make('Log', [sum!], log!),
    make('Sub', [shifted!, log!], out),
  ]
}

const REWRITES: Readonly<Record<string, Readonly<Record<string, (node: Node) => Node[]>>>> = {
  webgpu: { FusedMatMul: plainMatMul, LogSoftmax: plainLogSoftmax },
}

/** The graph with the operators that a device's provider has. */
export const legalize = (graph: Graph, device: string): Graph => {
  const rewrites = REWRITES[device]
  return rewrites === undefined
    ? graph
    : { ...graph, nodes: graph.nodes.flatMap((node) => rewrites[node.op]?.(node) ?? [node]) }
}
