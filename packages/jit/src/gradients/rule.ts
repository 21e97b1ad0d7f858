import type * as tf from '@tensorflow/tfjs-core'

/** For each input of a kernel (by name, or by index where the inputs are a list), a thunk of its gradient. */
export type InputGradients = Record<string, () => tf.Tensor>

/**
 * What the tape keeps from the forward pass: inputs by name, all of a list of inputs, outputs by position.
 *
 * TensorFlow.js takes a kept output for a constant when the gradient is differentiated in turn. So outputs are kept
 * only where they are compared or index; a rule whose derivative uses the output's value computes it again from the
 * inputs (a traced graph has equal operations once, so there it costs nothing).
 */
export interface Keep {
  readonly inputs?: readonly string[]
  readonly everyInput?: true
  readonly outputs?: readonly boolean[]
}

/**
 * The gradient rule of one kernel, in the form TensorFlow.js registers.
 *
 * `gradients` gets the gradients of the kernel's outputs (always a list), the kept tensors (inputs first, then outputs)
 * and the kernel's attributes. Every thunk must return a float32 tensor of its own, of exactly its input's shape: the
 * tape disposes of it when another path adds to it, so passing an output's gradient on needs `tf.clone`. Shapes are
 * known when a rule runs, values are not: a rule also runs where operations are recorded rather than computed.
 *
 * @example rule('Exp', { inputs: ['x'] }, ([dy], [x]) => ({ x: () => tf.mul(dy, tf.exp(x)) }))
 */
export const rule = <Attrs = unknown>(
  kernelName: string,
  keep: Keep,
  gradients: (dys: tf.Tensor[], kept: tf.Tensor[], attrs: Attrs) => InputGradients,
): tf.GradConfig => ({
  kernelName,
  inputsToSave: [...(keep.inputs ?? [])],
  saveAllInputs: keep.everyInput ?? false,
  outputsToSave: [...(keep.outputs ?? [])],
  gradFunc: (dy, kept, attrs) => gradients(Array.isArray(dy) ? dy : [dy], kept, attrs as Attrs),
})
