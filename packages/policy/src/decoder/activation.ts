import { geluTanh, silu } from '@gfnlm/jit'
import type * as tf from '@tensorflow/tfjs-core'
import type { Activation } from '../architectures/decoder-config.ts'

/** The non-linearities that an architecture may name. */
export const ACTIVATE: Readonly<Record<Activation, (x: tf.Tensor2D) => tf.Tensor2D>> = { silu, gelu_tanh: geluTanh }
