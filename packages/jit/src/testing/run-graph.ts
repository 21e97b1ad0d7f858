import * as ort from 'onnxruntime-node'
import { onnxModel } from '../onnx/model.ts'
import type { Graph } from '../trace/graph.ts'

/** Runs a graph as it is on ONNX Runtime's CPU provider. */
export const runGraph = async (
  graph: Graph,
  feeds: Readonly<Record<string, Float32Array>>,
): Promise<Record<string, Float32Array>> => {
  const { bytes } = onnxModel(graph)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const results = await session.run(
    Object.fromEntries(graph.inputs.map((v) => [`in/${v.name}`, new ort.Tensor('float32', feeds[v.name!]!, v.shape)])),
  )
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.data as Float32Array]))
}
