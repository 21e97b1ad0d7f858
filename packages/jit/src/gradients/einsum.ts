import * as tf from '@tensorflow/tfjs-core'
import { stretchTo, viewAs } from './broadcast.ts'
import { rule } from './rule.ts'

/** The labels of "ij,jk->ik": one string an operand, and the output's. */
export const einsumLabels = (equation: string): { operands: string[]; output: string } => {
  const [left, output] = equation.replace(/\s/g, '').split('->')
  return { operands: left.split(','), output }
}

const keep = (labels: string, among: string): string => [...labels].filter((l) => among.includes(l)).join('')

/** tf.einsum, less the cases that need no contraction. */
const contract = (output: string, ...operands: readonly (readonly [labels: string, t: tf.Tensor])[]): tf.Tensor => {
  const terms = operands.filter(([labels]) => labels !== '')
  const scalars = operands.filter(([labels]) => labels === '').map(([, t]) => t)
  const [[labels, only] = ['', undefined], ...more] = terms
  const scaled = (t: tf.Tensor): tf.Tensor => scalars.reduce((product, s) => tf.mul(product, s), t)
  if (only === undefined) return scalars.slice(1).reduce((product, s) => tf.mul(product, s), scalars[0])
  if (more.length === 0 && labels === output) return scaled(only)
  return scaled(tf.einsum(`${terms.map(([l]) => l).join(',')}->${output}`, ...terms.map(([, t]) => t)))
}

/**
 * The gradient of an operand contracts the output's gradient with the other operand into the operand's labels; a label
 * that only this operand had was summed away, so its gradient is the same all along it.
 */
export const einsum: readonly tf.GradConfig[] = [
  rule<tf.EinsumAttrs>('Einsum', { everyInput: true }, ([dy], tensors, { equation }) => {
    const { operands, output } = einsumLabels(equation)
    const gradientOf = (i: number): tf.Tensor => {
      const others = tensors.map((t, j) => [operands[j], t] as const).filter((_, j) => j !== i)
      const known = keep(operands[i], [output, ...others.map(([labels]) => labels)].join(''))
      const partial = contract(known, [output, dy], ...others)
      const kept = tensors[i].shape.map((d, axis) => (known.includes(operands[i][axis]) ? d : 1))
      return stretchTo(viewAs(partial, kept), tensors[i].shape)
    }
    return Object.fromEntries(tensors.map((_, i) => [i, () => gradientOf(i)]))
  }),
]
