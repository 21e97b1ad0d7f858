import type { GraphBuilder, Value } from '../graph.ts'
import { type Lowering, type Lowerings, broadcasting, cast, elementwise } from './lowering.ts'

/** An ONNX operator of the same meaning; on a splat it is computed at once. */
const same =
  (op: string, number?: (x: number) => number): Lowering =>
  ({ x }, _, graph) => {
    const input = x!.dtype === 'bool' ? cast(graph, x!, 'int32') : x!
    return input.splat !== undefined && number !== undefined
      ? graph.splat(
          input.dtype === 'float32' ? Math.fround(number(input.splat)) : number(input.splat),
          input.shape,
          input.dtype,
        )
      : elementwise(graph, op, input)
  }

/** Operators that ONNX Runtime has for floats only. */
const float =
  (op: string, number?: (x: number) => number): Lowering =>
  ({ x }, attributes, graph) =>
    same(op, number)({ x: cast(graph, x!, 'float32') }, attributes, graph)

const scalar = (graph: GraphBuilder, n: number): Value => graph.splat(Math.fround(n), [], 'float32')
const op2 = (graph: GraphBuilder, op: string, a: Value, b: Value): Value => broadcasting(graph, op, a, b, 'float32')
const where = (graph: GraphBuilder, when: Value, t: Value, e: Value): Value =>
  graph.emit('Where', [when, t, e], when.shape, t.dtype)
const test = (graph: GraphBuilder, op: string, a: Value, b: Value): Value => broadcasting(graph, op, a, b, 'bool')

const clip = (graph: GraphBuilder, x: Value, low: number, high: number): Value => {
  const bound = (n: number): Value => graph.splat(n, [], x.dtype)
  return graph.emit('Min', [graph.emit('Max', [x, bound(low)], x.shape, x.dtype), bound(high)], x.shape, x.dtype)
}

/** Functions of one tensor, element by element. */
export const UNARY: Lowerings = {
  Abs: same('Abs', Math.abs),
  Neg: same('Neg', (x) => -x),
  Sign: same('Sign', Math.sign),
  Exp: float('Exp', Math.exp),
  Log: float('Log', Math.log),
  Sqrt: float('Sqrt', Math.sqrt),
  Reciprocal: float('Reciprocal', (x) => 1 / x),
  Tanh: float('Tanh', Math.tanh),
  Erf: float('Erf'),
  Sigmoid: float('Sigmoid'),
  Softplus: float('Softplus'),
  Relu: same('Relu', (x) => Math.max(0, x)),
  Elu: float('Elu'),
  Sin: float('Sin', Math.sin),
  Cos: float('Cos', Math.cos),
  Tan: float('Tan', Math.tan),
  Asin: float('Asin', Math.asin),
  Acos: float('Acos', Math.acos),
  Atan: float('Atan', Math.atan),
  Sinh: float('Sinh', Math.sinh),
  Cosh: float('Cosh', Math.cosh),
  Asinh: float('Asinh', Math.asinh),
  Acosh: float('Acosh', Math.acosh),
  Atanh: float('Atanh', Math.atanh),
  Floor: float('Floor', Math.floor),
  Ceil: float('Ceil', Math.ceil),
  Round: float('Round'),
  Selu: ({ x }, _, graph) => graph.emit('Selu', [x!], x!.shape, 'float32'),
  Relu6: ({ x }, _, graph) => clip(graph, x!, 0, 6),
  LeakyRelu: ({ x }, { alpha }, graph) => elementwise(graph, 'LeakyRelu', x!, { alpha: { float: alpha } }),
  Prelu: ({ x, alpha }, _, graph) => graph.emit('PRelu', [x!, alpha!], x!.shape, 'float32'),
  ClipByValue: ({ x }, { clipValueMin, clipValueMax }, graph) => clip(graph, x!, clipValueMin, clipValueMax),
  Step: ({ x }, { alpha }, graph) => {
    // tfjs: alpha below zero, 1 above, NaN stays NaN
    const zero = scalar(graph, 0)
    const stepped = where(graph, test(graph, 'Greater', x!, zero), scalar(graph, 1), scalar(graph, alpha ?? 0))
    return where(graph, graph.emit('IsNaN', [x!], x!.shape, 'bool'), x!, stepped)
  },
  Square: ({ x }, _, graph) =>
    x!.splat === undefined
      ? broadcasting(graph, 'Mul', x!, x!, x!.dtype)
      : graph.splat(Math.fround(x!.splat ** 2), x!.shape, x!.dtype),
  Rsqrt: ({ x }, _, graph) => elementwise(graph, 'Reciprocal', elementwise(graph, 'Sqrt', x!)),
  // Kahan's forms: exact to rounding near 0, where exp(x) - 1 and log(1 + x) cancel.
  Expm1: ({ x }, _, graph) => {
    const one = scalar(graph, 1)
    const u = elementwise(graph, 'Exp', x!)
    const v = op2(graph, 'Sub', u, one)
    const exact = op2(graph, 'Div', op2(graph, 'Mul', v, x!), elementwise(graph, 'Log', u))
    const far = test(graph, 'Greater', elementwise(graph, 'Abs', x!), scalar(graph, 1))
    return where(graph, test(graph, 'Equal', u, one), x!, where(graph, far, v, exact))
  },
  Log1p: ({ x }, _, graph) => {
    const one = scalar(graph, 1)
    const u = op2(graph, 'Add', one, x!)
    const exact = op2(graph, 'Mul', elementwise(graph, 'Log', u), op2(graph, 'Div', x!, op2(graph, 'Sub', u, one)))
    const far = test(graph, 'Greater', x!, scalar(graph, 1))
    return where(graph, test(graph, 'Equal', u, one), x!, where(graph, far, elementwise(graph, 'Log', u), exact))
  },
  IsNan: ({ x }, _, graph) => graph.emit('IsNaN', [x!], x!.shape, 'bool'),
  IsInf: ({ x }, _, graph) => graph.emit('IsInf', [x!], x!.shape, 'bool'),
  IsFinite: ({ x }, _, graph) => {
    const bad = graph.emit(
      'Or',
      [graph.emit('IsInf', [x!], x!.shape, 'bool'), graph.emit('IsNaN', [x!], x!.shape, 'bool')],
      x!.shape,
      'bool',
    )
    return graph.emit('Not', [bad], x!.shape, 'bool')
  },
  Identity: ({ x }) => x!,
  Cast: ({ x }, { dtype }, graph) => cast(graph, x!, dtype),
  ZerosLike: ({ x }, _, graph) => graph.splat(0, x!.shape, x!.dtype),
  OnesLike: ({ x }, _, graph) => graph.splat(1, x!.shape, x!.dtype),
  Fill: (_, { shape, value, dtype }, graph) => graph.splat(value, shape, dtype ?? 'float32'),
}
