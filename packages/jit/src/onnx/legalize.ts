import type { Graph, Node, Value } from '../trace/graph.ts'
import { ELEMENT } from './element-type.ts'
import { fresh, ints, plain } from './made.ts'

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

const transposed = (value: Value): { readonly node: Node; readonly value: Value } => {
  const perm = swapLast(value.shape.length)
  const out = fresh({ shape: perm.map((p) => value.shape[p]!), dtype: value.dtype })
  return { value: out, node: plain('Transpose', [value], out, { perm }) }
}

/** FusedMatMul is ONNX Runtime's own and its WebGPU provider lacks it: spell it as Transpose, MatMul and Mul. */
const plainMatMul = (node: Node): Node[] => {
  const [out, alpha] = [node.outputs[0]!, node.attributes['alpha']]
  const before: Node[] = []
  const operands = (['transA', 'transB'] as const).map((flag, i) => {
    if (node.attributes[flag] !== 1) return node.inputs[i]!
    const t = transposed(node.inputs[i]!)
    before.push(t.node)
    return t.value
  })
  const product = (result: Value): Node => plain('MatMul', operands, result)
  if (alpha === undefined) return [...before, product(out)]
  const [unscaled, scale] = [
    fresh(out),
    { ...fresh({ shape: [], dtype: 'float32' }), data: Float32Array.of((alpha as { readonly float: number }).float) },
  ]
  return [...before, product(unscaled), plain('Mul', [unscaled, scale], out)]
}

/** LogSoftmax as Log of Softmax would underflow; as x - max - log Σ exp it does not. */
const plainLogSoftmax = (node: Node): Node[] => {
  const [x, out] = [node.inputs[0]!, node.outputs[0]!]
  const axis = node.attributes['axis'] as number
  const reducedShape = x.shape.map((d, i) => (i === axis ? 1 : d))
  const axes = ints([axis])
  const [max, shifted, exp, sum, log] = [
    fresh({ ...x, shape: reducedShape }),
    fresh(x),
    fresh(x),
    fresh({ ...x, shape: reducedShape }),
    fresh({ ...x, shape: reducedShape }),
  ]
  return [
    plain('ReduceMax', [x, axes], max!, { keepdims: 1 }),
    plain('Sub', [x, max!], shifted!),
    plain('Exp', [shifted!], exp!),
    plain('ReduceSum', [exp!, axes], sum!, { keepdims: 1 }),
    plain('Log', [sum!], log!),
    plain('Sub', [shifted!, log!], out),
  ]
}

/**
 * The WebGPU provider never writes the 1/σ that SimplifiedLayerNormalization has as its second output (ONNX Runtime
 * 1.30): where something reads it, it is computed beside.
 */
const rmsNormWithItsScale = (node: Node, isRead: (value: Value) => boolean): Node[] => {
  const [out, scale] = [node.outputs[0]!, node.outputs[1]]
  const alone: Node = { ...node, outputs: [out] }
  if (scale === undefined || !isRead(scale)) return [alone]
  const x = node.inputs[0]!
  const rows = { shape: scale.shape, dtype: 'float32' } as const
  const axes = ints([x.shape.length - 1])
  const eps: Value = {
    ...fresh({ shape: [], dtype: 'float32' }),
    data: Float32Array.of((node.attributes['epsilon'] as { readonly float: number }).float),
  }
  const [squares, mean, shifted, sigma] = [fresh(x), fresh(rows), fresh(rows), fresh(rows)]
  return [
    alone,
    plain('Mul', [x, x], squares),
    plain('ReduceMean', [squares, axes], mean, { keepdims: 1 }),
    plain('Add', [mean, eps], shifted),
    plain('Sqrt', [shifted], sigma),
    plain('Reciprocal', [sigma], scale),
  ]
}

const integers = (value: Value): readonly number[] => Array.from(value.data as BigInt64Array, Number)

/**
 * The WebGPU provider takes the wrong elements where a slice goes backwards, and leaves slices of integers to the CPU
 * (ONNX Runtime 1.30): there the elements are named one by one.
 */
const gatheredSlice = (node: Node): Node[] => {
  const x = node.inputs[0]!
  const [begin, , axes, strides = []] = node.inputs.slice(1).map(integers) as [number[], number[], number[], number[]?]
  if (x.dtype === 'float32' && strides.every((stride) => stride > 0)) return [node]
  const out = node.outputs[0]!
  let from = x
  return axes.map((axis, i) => {
    const indices = ints(Array.from({ length: out.shape[axis]! }, (_, k) => begin[i]! + k * (strides[i] ?? 1)))
    const to = i === axes.length - 1 ? out : fresh({ shape: from.shape.with(axis, out.shape[axis]!), dtype: x.dtype })
    const made = plain('Gather', [from, indices], to, { axis })
    from = to
    return made
  })
}

const inFloat32 = (v: Value): Value =>
  v.dtype !== 'float64'
    ? v
    : { ...v, dtype: 'float32', ...(v.data === undefined ? {} : { data: Float32Array.from(v.data as Float64Array) }) }

/** The WebGPU provider has no float64: there integers are divided in float32, exactly up to 2^24. */
const withoutFloat64 = (node: Node): Node => {
  if (![...node.inputs, ...node.outputs].some(({ dtype }) => dtype === 'float64')) return node
  const outputs = node.outputs.map(inFloat32)
  const attributes = node.op === 'Cast' ? { to: ELEMENT[outputs[0]!.dtype] } : node.attributes
  return { ...node, inputs: node.inputs.map(inFloat32), outputs, attributes }
}

type Rewrite = (node: Node, isRead: (value: Value) => boolean) => Node[]

const REWRITES: Readonly<Record<string, Readonly<Record<string, Rewrite>>>> = {
  webgpu: {
    FusedMatMul: plainMatMul,
    LogSoftmax: plainLogSoftmax,
    SimplifiedLayerNormalization: rmsNormWithItsScale,
    Slice: gatheredSlice,
    Cast: (node) => [withoutFloat64(node)],
    Expand: (node) => [withoutFloat64(node)],
    Div: (node) => [withoutFloat64(node)],
    Floor: (node) => [withoutFloat64(node)],
  },
}

/** The graph with the operators that a device's provider has, and has right. */
export const legalize = (graph: Graph, device: string): Graph => {
  const rewrites = REWRITES[device]
  if (rewrites === undefined) return graph
  const read = new Set([...graph.nodes.flatMap((n) => n.inputs), ...graph.outputs.map((o) => o.value)].map((v) => v.id))
  return {
    ...graph,
    nodes: graph.nodes.flatMap((node) => rewrites[node.op]?.(node, (value) => read.has(value.id)) ?? [node]),
  }
}
