import * as tf from '@tensorflow/tfjs-core'
import type { GraphBuilder, GraphType, Value } from '../graph.ts'
import { type Lowering, type Lowerings, broadcastShape, broadcasting, cast, expand, unbroadcast } from './lowering.ts'

const upcast = (a: Value, b: Value): GraphType =>
  tf.upcastType(a.dtype as tf.DataType, b.dtype as tf.DataType) as GraphType

interface Arithmetic {
  readonly op: string
  readonly number: (a: number, b: number) => number
  /** The scalar that leaves the other operand as it is, on the right and on the left. */
  readonly rightIdentity?: number
  readonly leftIdentity?: number
}

const arithmetic =
  ({ op, number, rightIdentity, leftIdentity }: Arithmetic, result?: GraphType): Lowering =>
  ({ a, b }, _, graph) => {
    const dtype = result ?? upcast(a!, b!)
    const [x, y] = [cast(graph, a!, dtype), cast(graph, b!, dtype)]
    const shape = broadcastShape(x.shape, y.shape)
    if (x.splat !== undefined && y.splat !== undefined) {
      const n = number(x.splat, y.splat)
      return graph.splat(dtype === 'float32' ? Math.fround(n) : n, shape, dtype)
    }
    if (y.splat !== undefined && y.splat === rightIdentity && !Object.is(y.splat, -0)) return expand(graph, x, shape)
    if (x.splat !== undefined && x.splat === leftIdentity && !Object.is(x.splat, -0)) return expand(graph, y, shape)
    return broadcasting(graph, op, x, y, dtype)
  }

const comparison =
  (op: string): Lowering =>
  ({ a, b }, _, graph) => {
    const dtype = upcast(a!, b!)
    const common: GraphType = dtype === 'bool' && op !== 'Equal' ? 'int32' : dtype
    return broadcasting(graph, op, cast(graph, a!, common), cast(graph, b!, common), 'bool')
  }

const not = (graph: GraphBuilder, value: Value): Value => graph.emit('Not', [value], value.shape, 'bool')

const logical =
  (op: string): Lowering =>
  ({ a, b }, _, graph) =>
    broadcasting(graph, op, cast(graph, a!, 'bool'), cast(graph, b!, 'bool'), 'bool')

const floor = (graph: GraphBuilder, value: Value): Value =>
  value.dtype === 'int32' ? value : graph.emit('Floor', [value], value.shape, value.dtype)

const divide = (dtype: GraphType): Lowering =>
  arithmetic({ op: 'Div', number: (a, b) => a / b, rightIdentity: 1 }, dtype)

/** 1 in place of −1, by which ONNX Runtime's remainder of −2^31 ends the process; by both the remainder is 0. */
const notMinusOne = (graph: GraphBuilder, y: Value): Value => {
  if (y.splat !== undefined) return y.splat === -1 ? graph.splat(1, y.shape, 'int32') : y
  const found = broadcasting(graph, 'Equal', y, graph.splat(-1, [], 'int32'), 'bool')
  return graph.emit('Where', [found, graph.splat(1, [], 'int32'), y], y.shape, 'int32')
}

/** Arithmetic, comparison and logic of two tensors with broadcasting. */
export const BINARY: Lowerings = {
  Add: arithmetic({ op: 'Add', number: (a, b) => a + b, rightIdentity: 0, leftIdentity: 0 }),
  Sub: arithmetic({ op: 'Sub', number: (a, b) => a - b, rightIdentity: 0 }),
  Multiply: arithmetic({ op: 'Mul', number: (a, b) => a * b, rightIdentity: 1, leftIdentity: 1 }),
  RealDiv: divide('float32'),
  Maximum: arithmetic({ op: 'Max', number: Math.max }),
  Minimum: arithmetic({ op: 'Min', number: Math.min }),
  Pow: arithmetic({ op: 'Pow', number: Math.pow, rightIdentity: 1 }),
  FloorDiv: ({ a, b }, _, graph) => {
    const dtype = upcast(a!, b!)
    // float64 holds every int32; ONNX Runtime's division of integers ends the process at −2^31 / −1
    const quotient = divide(dtype === 'float32' ? dtype : 'float64')({ a: a!, b: b! }, {}, graph) as Value
    return cast(graph, floor(graph, quotient), dtype)
  },
  Mod: ({ a, b }, _, graph) => {
    const dtype = upcast(a!, b!)
    const [x, y] = [cast(graph, a!, dtype), cast(graph, b!, dtype)]
    if (dtype === 'int32') return broadcasting(graph, 'Mod', x, notMinusOne(graph, y), dtype)
    const quotient = floor(graph, broadcasting(graph, 'Div', x, y, dtype))
    return broadcasting(graph, 'Sub', x, broadcasting(graph, 'Mul', quotient, y, dtype), dtype)
  },
  SquaredDifference: ({ a, b }, _, graph) => {
    const dtype = upcast(a!, b!)
    const difference = broadcasting(graph, 'Sub', cast(graph, a!, dtype), cast(graph, b!, dtype), dtype)
    return broadcasting(graph, 'Mul', difference, difference, dtype)
  },
  Atan2: ({ a, b }, _, graph) => {
    // atan(y / x), moved to the right quadrant where x < 0; 0 / 0 counts as 0.
    const quotient = broadcasting(graph, 'Div', a!, b!, 'float32')
    const { shape } = quotient
    const zero = graph.splat(0, [], 'float32')
    const safe = graph.emit('Where', [graph.emit('IsNaN', [quotient], shape, 'bool'), zero, quotient], shape, 'float32')
    const angle = graph.emit('Atan', [safe], shape, 'float32')
    const pi = graph.splat(Math.fround(Math.PI), [], 'float32')
    const negative = broadcasting(graph, 'Less', a!, zero, 'bool')
    const turn = graph.emit(
      'Where',
      [negative, graph.splat(-Math.fround(Math.PI), [], 'float32'), pi],
      negative.shape,
      'float32',
    )
    const left = broadcasting(graph, 'Less', b!, zero, 'bool')
    const turned = broadcasting(graph, 'Add', angle, turn, 'float32')
    return graph.emit('Where', [left, turned, angle], shape, 'float32')
  },
  AddN: (inputs, _, graph) => {
    const terms = Object.values(inputs)
    return terms.length === 1 ? terms[0]! : graph.emit('Sum', terms, terms[0]!.shape, terms[0]!.dtype)
  },
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  NotEqual: ({ a, b }, _, graph) => not(graph, comparison('Equal')({ a: a!, b: b! }, {}, graph) as Value),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalNot: ({ x }, _, graph) => not(graph, cast(graph, x!, 'bool')),
  Select: ({ condition, t, e }, _, graph) => {
    const when = cast(graph, condition!, 'bool')
    const shape = broadcastShape(broadcastShape(when.shape, t!.shape), e!.shape)
    const dtype = t!.dtype
    if (when.splat !== undefined) return expand(graph, when.splat ? t! : e!, shape)
    // ONNX Runtime has no Where of bools.
    const through: GraphType = dtype === 'bool' ? 'int32' : dtype
    const [c, ...branches] = unbroadcast(graph, [when, cast(graph, t!, through), cast(graph, e!, through)], shape)
    return cast(graph, graph.emit('Where', [c!, ...branches], shape, through), dtype)
  },
}
