import { registerGradients } from './gradients/register-gradients.ts'

registerGradients()

export {
  type DType,
  type Elements,
  type FileRegion,
  type HostTensor,
  type HostTensors,
  fileTensor,
  hostScalar,
  hostTensor,
  hostZeros,
  piecesOf,
  sizeOf,
} from './host-tensor.ts'
export { type AsHost, type HostTree, type TensorTree, isHostTensor } from './tree.ts'
export { type Compiled, type Holding } from './callable.ts'
export { type Device, type JitOptions, type Traceable } from './compile.ts'
export { jit, jitPerShape } from './jit.ts'
export { type JitError, type JitErrorTag } from './errors.ts'
export { makeFolder } from './make-folder.ts'
export { threadCount } from './runtime/engine.ts'
export { type Copies, type HeldWrite, type Kept } from './runtime/executable.ts'
export { detach } from './ops/detach.ts'
export { geluTanh, silu } from './ops/activations.ts'
export { layerNorm, rmsNorm } from './ops/norms.ts'
export { type OnnxFile, openOnnx } from './runtime/onnx-file.ts'
export { onDisk, piecesOnDisk } from './runtime/scratch.ts'
export { type QuantizedMatrix, dequantized, quantizedMatMul } from './ops/quantized.ts'
export { type RotaryTables, rotary } from './ops/rotary.ts'
export { scatterAdd } from './ops/scatter-add.ts'
export { softmaxMatMul } from './ops/softmax-mat-mul.ts'
export { frozenHeadLogProbs } from './ops/frozen-head-log-probs.ts'
export { type ReadTokens, headLogProbs } from './ops/head-log-probs.ts'
export { rowProducts } from './ops/row-products.ts'
export { type Head, type Readings, type ScoredTokens, type TokenReading } from './ops/scored-block.ts'
export { tokenLogProbs } from './ops/token-log-probs.ts'
export { registerGradients }
