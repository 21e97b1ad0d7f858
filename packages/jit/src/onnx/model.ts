import { isAbsolute, relative, sep } from 'node:path'
import type { FileRegion } from '../host-tensor.ts'
import { filesOf } from '../read-region.ts'
import type { Attribute, Graph, Node, Value } from '../trace/graph.ts'
import { ELEMENT, byteLength } from './element-type.ts'
import { type Message, encode, message } from './protobuf.ts'

/** An ONNX model; frozen arrays that lie on disk stay there. */
export interface OnnxModel {
  readonly bytes: Uint8Array
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** The files that arrays on disk lie in. */
  readonly files: readonly FileRegion[]
}

/**
 * Opset 18 has nearly everything used here and runs on every provider; IR version 9 goes with it. Blocks of quantised
 * numbers came with opset 21, IR version 10.
 */
const versionsFor = ({ nodes }: Graph): { readonly opset: number; readonly ir: number } =>
  nodes.some(({ op }) => op === 'DequantizeLinear') ? { opset: 21, ir: 10 } : { opset: 18, ir: 9 }

const isConstant = (value: Value): boolean => value.data !== undefined || value.frozen !== undefined

const bytesOf = ({ data, frozen }: Value): Uint8Array => {
  const { buffer, byteOffset, byteLength } = data ?? frozen!.data
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}

/** A path as a model refers to it: from the root of the drive, because ONNX Runtime refuses absolute ones. */
const locationIn = (root: string, { path }: FileRegion): string | undefined => {
  const from = relative(root, path)
  return isAbsolute(from) || from.startsWith('..') ? undefined : from.replaceAll(sep, '/')
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13, data_location 14. */
const tensorProto = (name: string, value: Value, root: string): Message => {
  const m = message()
  for (const d of value.shape) m.int(1, d)
  m.int(2, ELEMENT[value.dtype]).string(8, name)
  const file = value.frozen?.file
  const location = file && locationIn(root, file)
  if (location === undefined) return m.bytes(9, bytesOf(value))
  const entry = (key: string, text: string): Message => message().string(1, key).string(2, text)
  return m
    .message(13, entry('location', location))
    .message(13, entry('offset', String(file!.offset)))
    .message(13, entry('length', String(byteLength(value))))
    .int(14, 1)
}

/** AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20. */
const attributeProto = (name: string, value: Attribute): Message => {
  const m = message().string(1, name)
  if (typeof value === 'number') return m.int(3, value).int(20, 2)
  if (typeof value === 'string') return m.string(4, value).int(20, 3)
  if ('float' in value) return m.float(2, value.float).int(20, 1)
  for (const i of value) m.int(8, i)
  return m.int(20, 7)
}

/** Operators whose outputs after the first may be left out. */
const ONE_IS_ENOUGH = new Set(['LayerNormalization', 'SimplifiedLayerNormalization'])

const outputsOf = ({ op, outputs }: Node, isRead: (v: Value) => boolean): readonly Value[] =>
  ONE_IS_ENOUGH.has(op) ? outputs.slice(0, Math.max(1, outputs.findLastIndex(isRead) + 1)) : outputs

/** NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7. */
const nodeProto = (node: Node, nameOf: (v: Value) => string, isRead: (v: Value) => boolean): Message => {
  const m = message()
  for (const v of node.inputs) m.string(1, nameOf(v))
  for (const v of outputsOf(node, isRead)) m.string(2, nameOf(v))
  m.string(4, node.op)
  for (const [name, value] of Object.entries(node.attributes)) m.message(5, attributeProto(name, value))
  if (node.domain !== '') m.string(7, node.domain)
  return m
}

/** ValueInfoProto with a fixed shape. */
const valueInfo = (name: string, { shape, dtype }: Value): Message => {
  const dims = message()
  for (const d of shape) dims.message(1, message().int(1, d))
  return message()
    .string(1, name)
    .message(2, message().message(1, message().int(1, ELEMENT[dtype]).message(2, dims)))
}

/**
 * Writes a graph as an ONNX model. Inputs that no node reads are left out: feed only `inputs`.
 *
 * @param root the folder that arrays on disk are looked up from, when the session is opened
 */
export const onnxModel = (graph: Graph, root: string = '/'): OnnxModel => {
  const produced = new Set(graph.nodes.flatMap((n) => n.outputs.map((v) => v.id)))
  const names = new Map<number, string>()
  const identities: { readonly from: Value; readonly to: string }[] = []
  for (const { name, value } of graph.outputs)
    if (produced.has(value.id) && !names.has(value.id)) names.set(value.id, `out/${name}`)
    else identities.push({ from: value, to: `out/${name}` })
  for (const input of graph.inputs) names.set(input.id, `in/${input.name}`)
  const nameOf = (v: Value): string => names.get(v.id) ?? (v.name === undefined ? `v${v.id}` : `w/${v.name}`)

  const read = new Map<number, Value>()
  for (const v of [...graph.nodes.flatMap((n) => n.inputs), ...identities.map((i) => i.from)]) read.set(v.id, v)
  const inputs = graph.inputs.filter((v) => read.has(v.id))
  const constants = [...read.values()].filter(isConstant)
  const wanted = new Set(graph.outputs.map(({ value }) => value.id))
  const isRead = (v: Value): boolean => read.has(v.id) || wanted.has(v.id)

  const g = message().string(2, 'gfnlm')
  for (const node of graph.nodes) g.message(1, nodeProto(node, nameOf, isRead))
  for (const { from, to } of identities)
    g.message(1, message().string(1, nameOf(from)).string(2, to).string(4, 'Identity'))
  for (const v of constants) g.message(5, tensorProto(nameOf(v), v, root))
  for (const v of inputs) g.message(11, valueInfo(nameOf(v), v))
  for (const { name, value } of graph.outputs) g.message(12, valueInfo(`out/${name}`, value))
  const { opset, ir } = versionsFor(graph)
  const model = message()
    .int(1, ir)
    .string(2, 'gfnlm')
    .message(8, message().string(1, '').int(2, opset))
    .message(8, message().string(1, 'com.microsoft').int(2, 1))
    .message(7, g)
  return {
    bytes: encode(model),
    inputs: inputs.map((v) => v.name!),
    outputs: graph.outputs.map((o) => o.name),
    files: filesOf(constants.map(({ frozen }) => frozen?.file)),
  }
}
