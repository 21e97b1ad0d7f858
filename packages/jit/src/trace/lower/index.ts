import * as tf from '@tensorflow/tfjs-core'
import { jitError } from '../../errors.ts'
import { registerGradients } from '../../gradients/register-gradients.ts'
import { TRACE_BACKEND, ensureTraceBackend } from '../backend.ts'
import { callerLine } from '../caller.ts'
import { BINARY } from './binary.ts'
import { FUSED } from './fused.ts'
import { GATHER } from './gather.ts'
import { type Lowerings, registerLowerings } from './lowering.ts'
import { MATMUL } from './matmul.ts'
import { QUANTIZED } from './quantized.ts'
import { REDUCE } from './reduce.ts'
import { SHAPE } from './shape.ts'
import { UNARY } from './unary.ts'

/** Every kernel that can be part of a graph. A new op is a new entry in one of these tables. */
export const LOWERINGS: Lowerings = {
  ...BINARY,
  ...FUSED,
  ...GATHER,
  ...MATMUL,
  ...QUANTIZED,
  ...REDUCE,
  ...SHAPE,
  ...UNARY,
}

/** The error for a kernel without a lowering, met where `stack` (default: here) was taken. */
export const notLowered = (kernel: string, stack?: string): Error =>
  jitError(
    'OpNotLowered',
    `the op ${kernel} at ${callerLine(stack)} cannot be compiled`,
    `Write it with other ops (compiled are: ${Object.keys(LOWERINGS).sort().join(', ')}), or run the function eagerly with device 'tfjs:cpu'.`,
    { op: kernel },
  )

/** Kernels that some registered backend has and the tracer does not: they must fail by name, not by tfjs's guess. */
const refuseOthers = (): void => {
  for (const backendName of Object.keys(tf.engine().registryFactory))
    for (const { kernelName } of tf.getKernelsForBackend(backendName))
      if (tf.getKernel(kernelName, TRACE_BACKEND) === undefined)
        tf.registerKernel({
          kernelName,
          backendName: TRACE_BACKEND,
          kernelFunc: () => {
            throw notLowered(kernelName)
          },
        })
}

/** Makes the trace backend ready. */
export const prepareTrace = (): void => {
  // an import of @tensorflow/tfjs since then has put its own back
  registerGradients()
  ensureTraceBackend(() => registerLowerings(LOWERINGS))
  refuseOthers()
}
