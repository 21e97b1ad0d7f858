import * as tf from '@tensorflow/tfjs-core'
import { floats, opCase, type OpCase } from './op-case.ts'

/** Where engines tend to differ: at ties, near zero, far out. */
export const edgeCases: readonly OpCase[] = [
  opCase('Round', 'Round of halves, to even', [floats([0.5, 1.5, 2.5, -0.5, -1.5])], (x) => tf.round(x), []),
  opCase('Sign', 'Sign of zero', [floats([-2, 0, 3])], (x) => tf.sign(x), []),
  opCase('Step', 'Step at zero', [floats([-2, 0, 3])], (x) => tf.step(x, 0.5), []),
  opCase('Cast', 'Cast of negative floats truncates', [floats([-1.9, -0.1, 1.9])], (x) => tf.cast(x, 'int32'), []),
  opCase('ArgMax', 'ArgMax of a tie is the first', [floats([1, 3, 3])], (x) => tf.argMax(x), []),
  opCase('Log1p', 'Log1p near zero', [floats([1e-7, -3e-6, 1e-3])], (x) => tf.mul(tf.log1p(x), 1e6), []),
  opCase('Expm1', 'Expm1 near zero', [floats([1e-7, -3e-6, 1e-3])], (x) => tf.mul(tf.expm1(x), 1e6), []),
  opCase('Softplus', 'Softplus far out', [floats([-40, -15, 20, 100])], (x) => tf.softplus(x)),
  opCase('Sigmoid', 'Sigmoid far out', [floats([-90, -15, 20, 100])], (x) => tf.sigmoid(x)),
]
