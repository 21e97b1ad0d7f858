import * as tf from '@tensorflow/tfjs-core'
import { activations } from './activations.ts'
import { binary } from './binary.ts'
import { cumulative } from './cumulative.ts'
import { einsum } from './einsum.ts'
import { gather } from './gather.ts'
import { joining } from './joining.ts'
import { layout } from './layout.ts'
import { matmul } from './matmul.ts'
import { piecewiseConstant } from './piecewise-constant.ts'
import { reductions } from './reductions.ts'
import { scatter } from './scatter.ts'
import { selection } from './selection.ts'
import { slicing } from './slicing.ts'
import { softmax } from './softmax.ts'
import { unary } from './unary.ts'

/** Every gradient rule of this package, one a kernel. */
export const gradientRules: readonly tf.GradConfig[] = [
  ...unary,
  ...activations,
  ...binary,
  ...reductions,
  ...softmax,
  ...layout,
  ...slicing,
  ...joining,
  ...matmul,
  ...einsum,
  ...gather,
  ...scatter,
  ...cumulative,
  ...selection,
  ...piecewiseConstant,
]

/**
 * Puts our gradient rules in TensorFlow.js's process-wide registry, in place of any it holds for the same kernels:
 * in Node it holds none, and some of those `@tensorflow/tfjs` brings are wrong or missing. Silent, and free to call
 * again (do so before differentiating: a later import of `@tensorflow/tfjs` puts its own back).
 */
export const registerGradients = (): void =>
  gradientRules.forEach((config) => {
    const present = tf.getGradient(config.kernelName) as tf.GradConfig | undefined
    if (present === config) return
    // overriding a registered rule prints a warning in debug mode
    if (present !== undefined) tf.unregisterGradient(config.kernelName)
    tf.registerGradient(config)
  })
