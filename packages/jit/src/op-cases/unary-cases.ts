import * as tf from '@tensorflow/tfjs-core'
import { floats, opCase, spread, type OpCase } from './op-case.ts'

const anywhere = spread([2, 3])
const positive = spread([2, 3], 0.5, 3)
const inUnit = spread([5], -0.8, 0.8)
const offIntegers = floats([-1.7, -0.4, 0.3, 1.2, 2.8])
// both sides of 0, and of 6
const bothSides = floats([-3, -0.5, 0.4, 2, 5.5, 7], [2, 3])

const at = (kernel: string, x: OpCase['inputs'][number], f: (x: tf.Tensor) => tf.Tensor): OpCase =>
  opCase(kernel, kernel, [x], f)

export const unaryCases: readonly OpCase[] = [
  at('Abs', bothSides, (x) => tf.abs(x)),
  at('Neg', anywhere, (x) => tf.neg(x)),
  at('Square', anywhere, (x) => tf.square(x)),
  at('Sqrt', positive, (x) => tf.sqrt(x)),
  at('Rsqrt', positive, (x) => tf.rsqrt(x)),
  at('Reciprocal', positive, (x) => tf.reciprocal(x)),
  at('Exp', anywhere, (x) => tf.exp(x)),
  at('Expm1', anywhere, (x) => tf.expm1(x)),
  at('Log', positive, (x) => tf.log(x)),
  at('Log1p', positive, (x) => tf.log1p(x)),
  at('Sin', anywhere, (x) => tf.sin(x)),
  at('Cos', anywhere, (x) => tf.cos(x)),
  at('Tan', inUnit, (x) => tf.tan(x)),
  at('Asin', inUnit, (x) => tf.asin(x)),
  at('Acos', inUnit, (x) => tf.acos(x)),
  at('Atan', anywhere, (x) => tf.atan(x)),
  at('Sinh', anywhere, (x) => tf.sinh(x)),
  at('Cosh', anywhere, (x) => tf.cosh(x)),
  at('Asinh', anywhere, (x) => tf.asinh(x)),
  at('Acosh', spread([5], 1.5, 4), (x) => tf.acosh(x)),
  at('Atanh', inUnit, (x) => tf.atanh(x)),
  at('Tanh', anywhere, (x) => tf.tanh(x)),
  at('Sigmoid', anywhere, (x) => tf.sigmoid(x)),
  at('Softplus', anywhere, (x) => tf.softplus(x)),
  at('Erf', anywhere, (x) => tf.erf(x)),
  at('Relu', bothSides, (x) => tf.relu(x)),
  at('Relu6', bothSides, (x) => tf.relu6(x)),
  at('LeakyRelu', bothSides, (x) => tf.leakyRelu(x, 0.1)),
  at('Elu', bothSides, (x) => tf.elu(x)),
  at('Selu', bothSides, (x) => tf.selu(x)),
  at('ClipByValue', bothSides, (x) => tf.clipByValue(x, -1, 4)),
  opCase('Prelu', 'Prelu, one slope a column', [bothSides, floats([0.1, 0.2, 0.3])], (x, alpha) => tf.prelu(x, alpha)),
  at('Sign', bothSides, (x) => tf.sign(x)),
  at('Floor', offIntegers, (x) => tf.floor(x)),
  at('Ceil', offIntegers, (x) => tf.ceil(x)),
  at('Round', offIntegers, (x) => tf.round(x)),
  at('Step', bothSides, (x) => tf.step(x, 0.25)),
  at('Identity', anywhere, (x) => tf.clone(x)),
  at('Exp', spread([0, 3]), (x) => tf.exp(x)),
  opCase('Sqrt', 'Sqrt of a scalar', [floats([2], [])], (x) => tf.sqrt(x)),
]
