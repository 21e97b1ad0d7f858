import * as tf from '@tensorflow/tfjs-core'
import { einsumLabels } from '../gradients/einsum.ts'

interface Labelled {
  readonly labels: string
  readonly t: tf.Tensor
}

const only = (labels: string, has: (label: string) => boolean): string => [...labels].filter(has).join('')

const arranged = ({ labels, t }: Labelled, order: string): tf.Tensor =>
  labels === order
    ? t
    : tf.transpose(
        t,
        [...order].map((label) => labels.indexOf(label)),
      )

/** Sums away the labels nobody else reads. */
const reduced = ({ labels, t }: Labelled, read: string): Labelled => {
  const axes = [...labels].flatMap((label, i) => (read.includes(label) ? [] : [i]))
  return axes.length === 0 ? { labels, t } : { labels: only(labels, (l) => read.includes(l)), t: tf.sum(t, axes) }
}

/** [batch…, rows…, columns…] as a stack of matrices. */
const stacked = (t: tf.Tensor, batch: number, rows: number): tf.Tensor3D => {
  const size = (from: number, to?: number): number => tf.util.sizeFromShape(t.shape.slice(from, to))
  return tf.reshape(t, [size(0, batch), size(batch, batch + rows), size(batch + rows)])
}

/** Two operands as one matrix product: shared labels that survive are batch, those that do not are contracted. */
const product = (a: Labelled, b: Labelled, output: string): tf.Tensor => {
  const shared = only(a.labels, (l) => b.labels.includes(l))
  const batch = only(shared, (l) => output.includes(l))
  const contracted = only(shared, (l) => !output.includes(l))
  const rows = only(a.labels, (l) => !shared.includes(l))
  const columns = only(b.labels, (l) => !shared.includes(l))
  const left = stacked(arranged(a, batch + rows + contracted), batch.length, rows.length)
  const right = stacked(arranged(b, batch + contracted + columns), batch.length, contracted.length)
  const labels = batch + rows + columns
  const sizeOf = (label: string): number =>
    a.labels.includes(label) ? a.t.shape[a.labels.indexOf(label)] : b.t.shape[b.labels.indexOf(label)]
  return arranged({ labels, t: tf.reshape(tf.matMul(left, right), [...labels].map(sizeOf)) }, output)
}

/** Einstein summation of one or two operands, composed of sums, transposes and one matrix product. */
export const einsum: tf.KernelFunc = ({ inputs, attrs }) => {
  const { equation } = attrs as unknown as tf.EinsumAttrs
  const tensors = Object.values(inputs) as tf.Tensor[]
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length)
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors)
  const { operands, output } = einsumLabels(equation)
  return tf.tidy(() => {
    const read = (i: number): string => [output, ...operands.filter((_, j) => j !== i)].join('')
    const [a, b] = tensors.map((t, i) => reduced({ labels: operands[i], t }, read(i)))
    return b === undefined ? tf.clone(arranged(a, output)) : product(a, b, output)
  })
}
