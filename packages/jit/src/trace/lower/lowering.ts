import * as tf from '@tensorflow/tfjs-core'
import { TRACE_BACKEND, builder, tensorInfo, valueOf } from '../backend.ts'
import { ELEMENT } from '../../onnx/element-type.ts'
import type { Attribute, GraphBuilder, GraphType, Value } from '../graph.ts'

type Inputs = Readonly<Record<string, Value>>
// Kernel attributes are as varied as the kernels; each lowering names those it reads.
type Attributes = any // eslint-disable-line @typescript-eslint/no-explicit-any

/** How one tfjs kernel becomes graph nodes. */
export type Lowering = (inputs: Inputs, attributes: Attributes, graph: GraphBuilder) => Value | readonly Value[]

/** Kernels by name. */
export type Lowerings = Readonly<Record<string, Lowering>>

/** Makes lowerings the kernels of the trace backend. */
export const registerLowerings = (lowerings: Lowerings): void => {
  for (const [kernelName, lower] of Object.entries(lowerings))
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const values: Record<string, Value> = {}
        for (const [name, tensor] of Object.entries(inputs as Record<string, tf.TensorInfo | undefined>))
          if (tensor !== undefined && tensor !== null) {
            const value = valueOf(tensor)
            values[name] = sameShape(value.shape, tensor.shape) ? value : reshape(builder(), value, tensor.shape)
          }
        const out = lower(values, attrs ?? {}, builder())
        return Array.isArray(out) ? (out as Value[]).map((v) => tensorInfo(v)) : tensorInfo(out as Value)
      },
    })
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

export const broadcastShape = (a: readonly number[], b: readonly number[]): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape([...a], [...b])

/** The value with another element type. */
export const cast = (graph: GraphBuilder, value: Value, dtype: GraphType): Value => {
  if (value.dtype === dtype) return value
  if (value.splat !== undefined)
    return graph.splat(
      dtype === 'bool'
        ? Number(value.splat !== 0)
        : dtype === 'float32' || dtype === 'float64'
          ? value.splat
          : Math.trunc(value.splat),
      value.shape,
      dtype,
    )
  return graph.emit('Cast', [value], value.shape, dtype, { to: ELEMENT[dtype] })
}

/** The value with another shape of the same size. */
export const reshape = (graph: GraphBuilder, value: Value, shape: readonly number[]): Value => {
  if (sameShape(value.shape, shape)) return value
  if (value.splat !== undefined) return graph.splat(value.splat, shape, value.dtype)
  const source = graph.producerOf(value)
  const from = source?.op === 'Reshape' ? source.inputs[0]! : value
  return sameShape(from.shape, shape) ? from : graph.emit('Reshape', [from, graph.ints(shape)], shape, value.dtype)
}

/** The value repeated to a broadcast-compatible shape. */
export const expand = (graph: GraphBuilder, value: Value, shape: readonly number[]): Value =>
  sameShape(value.shape, shape)
    ? value
    : value.splat !== undefined
      ? graph.splat(value.splat, shape, value.dtype)
      : graph.emit('Expand', [value, graph.ints(shape)], shape, value.dtype)

/** One elementwise operator of one input. */
export const elementwise = (
  graph: GraphBuilder,
  op: string,
  value: Value,
  attributes: Readonly<Record<string, Attribute>> = {},
): Value => graph.emit(op, [value], value.shape, value.dtype, attributes)

/**
 * A broadcasting operator of two inputs. A splat operand is read as a scalar, so a tensor of ones or of a mask
 * value never exists whole.
 */
export const broadcasting = (graph: GraphBuilder, op: string, a: Value, b: Value, dtype: GraphType): Value => {
  const shape = broadcastShape(a.shape, b.shape)
  const [x, y] = unbroadcast(graph, [a, b], shape)
  return graph.emit(op, [x!, y!], shape, dtype)
}

/** What a value was before it was repeated along axes of size 1. */
const unrepeated = (graph: GraphBuilder, value: Value): Value => {
  if (value.splat !== undefined) return graph.splat(value.splat, [], value.dtype)
  const node = graph.producerOf(value)
  const from = node?.inputs[0]
  const repeats =
    node?.op === 'Expand' || (node?.op === 'Tile' && from!.shape.every((d, i) => d === 1 || d === value.shape[i]))
  return repeats && from!.shape.length === value.shape.length ? unrepeated(graph, from!) : value
}

/**
 * Operands of a broadcasting operator as small as they can be while the result keeps its shape: tfjs repeats operands
 * before some kernels, ONNX need not.
 */
export const unbroadcast = (
  graph: GraphBuilder,
  operands: readonly Value[],
  shape: readonly number[],
): readonly Value[] => {
  const small = operands.map((v) => unrepeated(graph, v))
  const keeps = (values: readonly Value[]): boolean =>
    sameShape(
      values.map((v) => v.shape).reduce((a, b) => broadcastShape(a, b)),
      shape,
    )
  if (keeps(small)) return small
  // One operand has to stay whole: the first that is enough.
  const whole = operands.findIndex((v, i) => keeps(small.with(i, v)))
  return whole < 0 ? operands : small.with(whole, operands[whole]!)
}
