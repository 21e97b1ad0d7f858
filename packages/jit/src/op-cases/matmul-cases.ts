import * as tf from '@tensorflow/tfjs-core'
import { opCase, spread, type OpCase } from './op-case.ts'

const transposed = (shape: readonly number[], t: boolean): number[] =>
  t ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : [...shape]

const flags = [false, true]

/** a @ b with every combination of transposes; the shapes are those before transposing. */
const products = (name: string, a: readonly number[], b: readonly number[]): OpCase[] =>
  flags.flatMap((ta) =>
    flags.map((tb) =>
      opCase(
        'BatchMatMul',
        `BatchMatMul, ${name}${ta ? ', a transposed' : ''}${tb ? ', b transposed' : ''}`,
        [spread(transposed(a, ta)), spread(transposed(b, tb), -1, 3)],
        (x, y) => tf.matMul(x, y, ta, tb),
      ),
    ),
  )

const contraction = (equation: string, ...shapes: number[][]): OpCase =>
  opCase(
    'Einsum',
    `Einsum ${equation}`,
    shapes.map((shape, i) => spread(shape, -2, 2 + i)),
    (...xs) => tf.einsum(equation, ...xs),
  )

const x = spread([2, 3])
const weight = spread([3, 2], -1, 2)

export const matmulCases: readonly OpCase[] = [
  ...products('two matrices', [2, 3], [3, 4]),
  ...products('one batch axis', [2, 2, 3], [2, 3, 1]),
  ...products('a batch by one matrix', [2, 2, 3], [1, 3, 2]),
  ...products('a batch by a matrix of lower rank', [2, 2, 3], [3, 2]),
  ...products('one matrix by a batch', [1, 2, 3], [2, 3, 2]),
  ...products('a matrix of lower rank by a batch', [2, 3], [2, 3, 2]),
  ...products('two batch axes, the first shared', [1, 2, 2, 3], [2, 2, 3, 2]),
  ...products('key heads shared by query heads', [2, 2, 2, 3], [2, 1, 3, 2]),
  ...products('both stretched', [2, 1, 2, 3], [1, 2, 3, 1]),
  opCase('_FusedMatMul', '_FusedMatMul with bias', [x, weight, spread([2])], (a, b, bias) =>
    tf.fused.matMul({ a, b, bias }),
  ),
  opCase('_FusedMatMul', '_FusedMatMul with bias and activation', [x, weight, spread([2])], (a, b, bias) =>
    tf.fused.matMul({ a, b, bias, activation: 'sigmoid' }),
  ),
  opCase('BatchMatMul', 'dot', [spread([3]), spread([3], 1, 2)], (a, b) => tf.dot(a, b)),
  contraction('ij,jk->ik', [2, 3], [3, 2]),
  contraction('bij,bkj->bik', [2, 2, 3], [2, 2, 3]),
  contraction('bthd,bshd->bhts', [2, 2, 2, 3], [2, 3, 2, 3]),
  contraction('i,j->ji', [2], [3]),
  contraction('ij,jk->k', [2, 3], [3, 2]),
  contraction('ij,ij->', [2, 3], [2, 3]),
  contraction('ij,j->ij', [2, 3], [3]),
  contraction('ijk->ki', [2, 3, 2]),
  contraction('ij->', [2, 3]),
  contraction('ij->ji', [2, 3]),
]
