import type { DType, Elements, HostTensor } from '../host-tensor.ts'

/**
 * Element types inside a graph: int64 appears only in shape arguments and indices that ONNX insists on, float64 where
 * integers are divided, the small ones only in the codes of quantised matrices.
 */
export type GraphType = DType | 'int64' | 'float64' | 'uint8' | 'uint4'

/** One value of the graph. Its shape is known: a graph is traced for fixed shapes. */
export interface Value {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: GraphType
  /** Every element has this value, and no node computes it unless a node needs it whole. */
  readonly splat?: number
  /** Elements of a constant that the function made. */
  readonly data?: Elements | BigInt64Array | Float64Array
  /** The caller's array that this constant is. */
  readonly frozen?: HostTensor
  /** The caller's name of an input or of a frozen array. */
  readonly name?: string
}

export type Attribute = number | string | readonly number[] | { readonly float: number }

/** One ONNX operator application with one output per entry of `outputs`. */
export interface Node {
  readonly op: string
  readonly domain: '' | 'com.microsoft'
  readonly inputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly outputs: readonly Value[]
}

/** A traced function: nodes in the order they were recorded, which is a topological order. */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly inputs: readonly Value[]
  readonly outputs: readonly { readonly name: string; readonly value: Value }[]
}

/** Where lowerings write: every call returns the value it stands for, an equal call returns the same value. */
export interface GraphBuilder {
  readonly emit: (
    op: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: GraphType,
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: Node['domain'],
  ) => Value
  readonly emitMany: (
    op: string,
    inputs: readonly Value[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: GraphType }[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => readonly Value[]
  readonly constant: (data: Elements | BigInt64Array, shape: readonly number[], dtype: GraphType) => Value
  /** A frozen array of the caller's: whatever it holds, it is not looked into. */
  readonly frozen: (name: string, tensor: HostTensor) => Value
  /** The bytes of a constant as elements of another type. */
  readonly viewed: (constant: Value, shape: readonly number[], dtype: GraphType) => Value
  /** An int64 vector constant: a shape, axes, starts. */
  readonly ints: (values: readonly number[]) => Value
  readonly splat: (value: number, shape: readonly number[], dtype: GraphType) => Value
  readonly input: (name: string, shape: readonly number[], dtype: DType) => Value
  /** A splat as a value nodes can read; anything else as it is. */
  readonly whole: (value: Value) => Value
  /** The node that computes a value, if one does. */
  readonly producerOf: (value: Value) => Node | undefined
  readonly nodes: readonly Node[]
  readonly inputs: readonly Value[]
}

const SMALL = 64

/** Element types whose constants of one value stay numbers until a node needs them whole. */
const NUMBERS: ReadonlySet<GraphType> = new Set(['float32', 'int32', 'bool'])

const array = (value: number, dtype: GraphType): NonNullable<Value['data']> =>
  dtype === 'float32'
    ? Float32Array.of(value)
    : dtype === 'int32'
      ? Int32Array.of(value)
      : dtype === 'bool'
        ? Uint8Array.of(value)
        : dtype === 'float64'
          ? Float64Array.of(value)
          : BigInt64Array.of(BigInt(value))

/** An empty graph being recorded. Common subexpressions are found as they are emitted. */
export const graphBuilder = (): GraphBuilder => {
  const nodes: Node[] = []
  const inputs: Value[] = []
  const producers = new Map<number, Node>()
  const seen = new Map<string, readonly Value[]>()
  let next = 0
  const once = (key: string, make: () => readonly Value[]): readonly Value[] => {
    const found = seen.get(key)
    if (found !== undefined) return found
    const made = make()
    seen.set(key, made)
    return made
  }
  const emitMany: GraphBuilder['emitMany'] = (op, given, outputs, attributes = {}) =>
    record(op, given, outputs, attributes, '')
  const record = (
    op: string,
    given: readonly Value[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: GraphType }[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: Node['domain'],
  ): readonly Value[] => {
    const whole = given.map(builder.whole)
    const key = `${domain}.${op}(${whole.map((v) => v.id).join()})${JSON.stringify(attributes)}${outputs.map((o) => `${o.dtype}[${o.shape.join()}]`).join()}`
    return once(key, () => {
      const made = outputs.map(({ shape, dtype }) => ({ id: next++, shape, dtype }))
      const node: Node = { op, domain, inputs: whole, attributes, outputs: made }
      nodes.push(node)
      for (const value of made) producers.set(value.id, node)
      return made
    })
  }
  const builder: GraphBuilder = {
    nodes,
    inputs,
    producerOf: (value) => producers.get(value.id),
    emitMany,
    emit: (op, given, shape, dtype, attributes = {}, domain = '') =>
      record(op, given, [{ shape, dtype }], attributes, domain)[0]!,
    constant: (data, shape, dtype) => {
      if (data.length === 1 && NUMBERS.has(dtype)) return builder.splat(Number(data[0]), shape, dtype)
      const make = (): readonly Value[] => [{ id: next++, shape, dtype, data }]
      return (
        data.length <= SMALL
          ? once(`constant ${dtype}[${shape.join()}]${Array.from(data as ArrayLike<unknown>).join()}`, make)
          : make()
      )[0]!
    },
    frozen: (name, frozen) => ({ id: next++, shape: frozen.shape, dtype: frozen.dtype, frozen, name }),
    viewed: ({ id, data, frozen, name }, shape, dtype) =>
      once(`view ${id} ${dtype}[${shape.join()}]`, () => [
        {
          id: next++,
          shape,
          dtype,
          ...(data === undefined ? {} : { data }),
          ...(frozen === undefined ? {} : { frozen }),
          ...(name === undefined ? {} : { name: `${name}/${dtype}[${shape.join()}]` }),
        },
      ])[0]!,
    ints: (values) => builder.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64'),
    splat: (splat, shape, dtype) =>
      once(`splat ${Object.is(splat, -0) ? '-0' : splat} ${dtype}[${shape.join()}]`, () => [
        { id: next++, shape, dtype, splat },
      ])[0]!,
    input: (name, shape, dtype) => {
      const value: Value = { id: next++, shape, dtype, name }
      inputs.push(value)
      return value
    },
    whole: (value) => {
      if (value.splat === undefined) return value
      const { splat, shape, dtype } = value
      const scalar = once(`whole ${Object.is(splat, -0) ? '-0' : splat} ${dtype}`, () => [
        { id: next++, shape: [], dtype, data: array(splat, dtype) },
      ])[0]!
      return shape.length === 0 ? scalar : builder.emit('Expand', [scalar, builder.ints(shape)], shape, dtype)
    },
  }
  return builder
}

/** The nodes that an output needs, in order. */
export const liveNodes = (nodes: readonly Node[], outputs: readonly Value[]): Node[] => {
  const needed = new Set(outputs.map((v) => v.id))
  const kept: Node[] = []
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    if (!node.outputs.some((v) => needed.has(v.id))) continue
    kept.push(node)
    for (const v of node.inputs) needed.add(v.id)
  }
  return kept.reverse()
}
