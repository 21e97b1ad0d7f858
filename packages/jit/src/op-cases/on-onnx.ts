import * as ort from 'onnxruntime-node'
import type * as tf from '@tensorflow/tfjs-core'
import { hostTensor, type HostTensor } from '../host-tensor.ts'
import { legalize } from '../onnx/legalize.ts'
import { onnxModel } from '../onnx/model.ts'
import type { Graph } from '../trace/graph.ts'
import { trace } from '../trace/trace.ts'

type Function = (...inputs: tf.Tensor[]) => readonly tf.Tensor[]

const named = <A>(values: readonly A[]): Record<string, A> => Object.fromEntries(values.map((v, i) => [`${i}`, v]))

/** The graph of a function of tensors. */
export const graphOf = (f: Function, inputs: readonly HostTensor[]): Graph => {
  const call = (given: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> =>
    named(f(...inputs.map((_, i) => given[i])))
  return trace(call, named(inputs), {}).graph
}

/**
 * Traces a function of tensors and runs its graph once on one of ONNX Runtime's providers, in this thread.
 * Without the engine's thread in between, so that what fails is the graph.
 */
export const runOnOnnx = async (
  f: Function,
  inputs: readonly HostTensor[],
  device: 'cpu' | 'webgpu' = 'cpu',
): Promise<HostTensor[]> => {
  const { bytes, inputs: read, outputs } = onnxModel(legalize(graphOf(f, inputs), device))
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  })
  const feeds = read.map((name) => {
    const { dtype, data, shape } = inputs[Number(name)]
    return [`in/${name}`, new ort.Tensor(dtype as 'float32', data as Float32Array, shape)]
  })
  const results = await session.run(Object.fromEntries(feeds))
  const hosts = outputs.map((name) => {
    const { data, dims } = results[`out/${name}`]
    return hostTensor(data as Float32Array, dims)
  })
  await session.release()
  return hosts
}
