import { type Lowerings, cast } from './lowering.ts'

/** Operators that ONNX Runtime has in one piece and tfjs has not: what `ops/` calls while a function is compiled. */
export const FUSED: Lowerings = {
  GfnlmGeluTanh: ({ x }, _, graph) => graph.emit('FastGelu', [x!], x!.shape, 'float32', {}, 'com.microsoft'),
  GfnlmSilu: ({ x }, _, graph) =>
    graph.emit('QuickGelu', [x!], x!.shape, 'float32', { alpha: { float: 1 } }, 'com.microsoft'),
  GfnlmLayerNorm: ({ x, weight, bias }, { eps }, graph) => {
    const rows = { shape: [...x!.shape.slice(0, -1), 1], dtype: 'float32' as const }
    return graph.emitMany(
      'LayerNormalization',
      bias === undefined ? [x!, weight!] : [x!, weight!, bias],
      [{ shape: x!.shape, dtype: 'float32' }, rows, rows],
      { axis: -1, epsilon: { float: eps } },
    )
  },
  GfnlmRotary: ({ x, positions, cos, sin }, _, graph) =>
    graph.emit(
      'RotaryEmbedding',
      [x!, cast(graph, positions!, 'int64'), cos!, sin!],
      x!.shape,
      'float32',
      {},
      'com.microsoft',
    ),
  GfnlmRmsNorm: ({ x, weight }, { eps }, graph) =>
    graph.emitMany(
      'SimplifiedLayerNormalization',
      [x!, weight!],
      [
        { shape: x!.shape, dtype: 'float32' },
        { shape: [...x!.shape.slice(0, -1), 1], dtype: 'float32' },
      ],
      { axis: -1, epsilon: { float: eps } },
    ),
}
