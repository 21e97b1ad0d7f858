import * as tf from '@tensorflow/tfjs-core'
import { notLowered, prepareTrace } from './lower/index.ts'
import { withDeepStacks } from './caller.ts'
import { recording, tensorInfo, valueOf } from './backend.ts'
import { type Graph, liveNodes } from './graph.ts'
import type { HostTensors } from '../host-tensor.ts'
import type { Signature } from '../signature.ts'

/** A traced function: named inputs, named outputs, frozen constants by their names. */
export interface Traced {
  readonly graph: Graph
}

const UNREGISTERED = /Kernel '([^']+)' not registered for backend/

/**
 * Records one call of `f` for fixed shapes: forward, tape backward and optimizer alike, since tfjs gradients are ops
 * too. Nothing is computed. Errors name the op and the caller's line.
 */
export const trace = (
  f: (
    inputs: Readonly<Record<string, tf.Tensor>>,
    constants: Readonly<Record<string, tf.Tensor>>,
  ) => Readonly<Record<string, tf.Tensor>>,
  signature: Signature,
  constants: HostTensors,
): Traced => {
  prepareTrace()
  return recording((builder) => {
    const tensor = (info: tf.TensorInfo): tf.Tensor =>
      tf.engine().makeTensorFromDataId(info.dataId, info.shape, info.dtype)
    const inputs: Record<string, tf.Tensor> = {}
    for (const [name, { shape, dtype }] of Object.entries(signature))
      inputs[name] = tensor(tensorInfo(builder.input(name, shape, dtype)))
    const frozen: Record<string, tf.Tensor> = {}
    for (const [name, array] of Object.entries(constants))
      frozen[name] = tensor(tensorInfo(builder.frozen(name, array)))
    try {
      const outputs = Object.entries(withDeepStacks(() => f(inputs, frozen))).map(([name, t]) => {
        const value = valueOf(t)
        return { name, value: builder.whole(value) }
      })
      const nodes = liveNodes(
        builder.nodes,
        outputs.map((o) => o.value),
      )
      return { graph: { nodes, inputs: builder.inputs, outputs } }
    } catch (error) {
      const missing = UNREGISTERED.exec(error instanceof Error ? error.message : '')
      throw missing === null ? error : notLowered(missing[1]!, (error as Error).stack)
    }
  })
}
