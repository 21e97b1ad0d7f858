import * as tf from '@tensorflow/tfjs-core'

/** float32 zeros that a traced graph recognises without looking at data: a Fill, not a buffer of constants. */
export const zeros = (shape: readonly number[]): tf.Tensor => tf.fill([...shape], 0, 'float32')

/** What a rule gives for an input that is not differentiable: indices, conditions. */
export const noGradient = (input: tf.Tensor) => (): tf.Tensor => zeros(input.shape)

/** The gradient where `open` holds and zero elsewhere, even where the gradient is not finite. Equal shapes. */
export const gate = (open: tf.Tensor, dy: tf.Tensor): tf.Tensor => tf.where(open, dy, zeros(dy.shape))
