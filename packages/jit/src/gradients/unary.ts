import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'

type Derivative = (dy: tf.Tensor, kept: tf.Tensor) => tf.Tensor

const ofInput = (kernelName: string, derivative: Derivative): tf.GradConfig =>
  rule(kernelName, { inputs: ['x'] }, ([dy], [x]) => ({ x: () => derivative(dy, x) }))

/** For functions whose derivative is cheap in terms of their value, which a traced graph computes only once. */
const ofValue = (kernelName: string, f: (x: tf.Tensor) => tf.Tensor, derivative: Derivative): tf.GradConfig =>
  ofInput(kernelName, (dy, x) => derivative(dy, f(x)))

/** Elementwise functions of one argument. |x| has derivative 0 at 0. */
export const unary: readonly tf.GradConfig[] = [
  ofInput('Abs', (dy, x) => tf.mul(dy, tf.sign(x))),
  ofInput('Neg', (dy) => tf.neg(dy)),
  ofInput('Square', (dy, x) => tf.mul(dy, tf.mul(x, 2))),
  ofValue('Sqrt', tf.sqrt, (dy, y) => tf.div(tf.mul(dy, 0.5), y)),
  ofValue('Rsqrt', tf.rsqrt, (dy, y) => tf.mul(tf.mul(dy, -0.5), tf.mul(tf.square(y), y))),
  ofValue('Reciprocal', tf.reciprocal, (dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  ofInput('Exp', (dy, x) => tf.mul(dy, tf.exp(x))),
  ofInput('Expm1', (dy, x) => tf.mul(dy, tf.exp(x))),
  ofInput('Log', (dy, x) => tf.div(dy, x)),
  ofInput('Log1p', (dy, x) => tf.div(dy, tf.add(x, 1))),
  ofInput('Sin', (dy, x) => tf.mul(dy, tf.cos(x))),
  ofInput('Cos', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  ofValue('Tan', tf.tan, (dy, y) => tf.mul(dy, tf.add(tf.square(y), 1))),
  ofInput('Asin', (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x))))),
  ofInput('Acos', (dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x)))))),
  ofInput('Atan', (dy, x) => tf.div(dy, tf.add(tf.square(x), 1))),
  ofInput('Sinh', (dy, x) => tf.mul(dy, tf.cosh(x))),
  ofInput('Cosh', (dy, x) => tf.mul(dy, tf.sinh(x))),
  ofInput('Asinh', (dy, x) => tf.mul(dy, tf.rsqrt(tf.add(tf.square(x), 1)))),
  ofInput('Acosh', (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1)))),
  ofInput('Atanh', (dy, x) => tf.div(dy, tf.sub(1, tf.square(x)))),
  ofValue('Tanh', tf.tanh, (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  ofValue('Sigmoid', tf.sigmoid, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  // σ(x) as e^−softplus(−x): ONNX Runtime's own sigmoid has no correct digit below −16.
  ofInput('Softplus', (dy, x) => tf.mul(dy, tf.exp(tf.neg(tf.softplus(tf.neg(x)))))),
  ofInput('Erf', (dy, x) => tf.mul(tf.mul(dy, 2 / Math.sqrt(Math.PI)), tf.exp(tf.neg(tf.square(x))))),
]
