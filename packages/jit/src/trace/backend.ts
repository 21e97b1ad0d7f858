import * as tf from '@tensorflow/tfjs-core'
import type { Elements, DType } from '../host-tensor.ts'
import { withBackend } from '../current-backend.ts'
import { jitError } from '../errors.ts'
import { callerLine } from './caller.ts'
import { type GraphBuilder, type Value, graphBuilder } from './graph.ts'

/** The tfjs backend whose kernels record instead of computing. */
export const TRACE_BACKEND = 'gfnlm-trace'

/** What tfjs calls a tensor's data while tracing: the value it stands for. */
interface TracedData {
  readonly value: Value
  readonly graph: GraphBuilder
}

let current: GraphBuilder | undefined

/** The graph being recorded. */
export const builder = (): GraphBuilder => {
  if (current === undefined) throw new Error(`a ${TRACE_BACKEND} kernel ran outside of a trace`)
  return current
}

/** Tensors of another backend that the function closed over: each becomes one constant of the graph. */
let captured = new WeakMap<object, Value>()

/** An array of one value, as tf.zeros and tf.ones write it, is that value: what it folds into needs no node. */
const constant = (data: Elements, shape: readonly number[], dtype: DType): Value =>
  data.length > 0 && data.every((x) => Object.is(x, data[0]))
    ? builder().splat(data[0]!, shape, dtype)
    : builder().constant(data, shape, dtype)

const capture = (tensor: tf.TensorInfo): Value => {
  const found = captured.get(tensor.dataId)
  if (found !== undefined) return found
  const values = tf.engine().readSync(tensor.dataId)
  const length = tf.util.sizeFromShape(tensor.shape)
  const value = constant(elements(values, tensor.dtype, length).slice(), tensor.shape, tensor.dtype as DType)
  captured.set(tensor.dataId, value)
  return value
}

/** The graph value behind a tensor. */
export const valueOf = (tensor: tf.TensorInfo): Value => {
  const { value, graph } = tensor.dataId as Partial<TracedData>
  if (value === undefined) return capture(tensor)
  if (graph !== current)
    throw jitError(
      'ValueReadWhileTracing',
      `a tensor of an earlier trace was used at ${callerLine()}`,
      'Return it from the function that made it and pass it to this one.',
    )
  return value
}

/** A tensor of the trace backend for a graph value. */
export const tensorInfo = (value: Value, shape: readonly number[] = value.shape): tf.TensorInfo => ({
  dataId: { value, graph: builder() } satisfies TracedData,
  shape: [...shape],
  dtype: value.dtype as DType,
})

const elements = (values: tf.backend_util.BackendValues, dtype: tf.DataType, length: number): Elements => {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw jitError(
      'OpNotLowered',
      `a ${dtype} tensor at ${callerLine()} cannot be part of a compiled function`,
      'Use float32, int32 or bool.',
    )
  const Kind = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  if (values === null || values === undefined) return new Kind(length)
  return values instanceof Kind ? values : Kind.from(values as ArrayLike<number>)
}

const read = (dataId: TracedData): Elements => {
  const { value } = dataId
  const data = value.data ?? value.frozen?.data
  if (data !== undefined && !(data instanceof BigInt64Array || data instanceof Float64Array)) return data
  const size = tf.util.sizeFromShape([...value.shape])
  if (value.splat !== undefined) return elements(null!, value.dtype as tf.DataType, size).fill(value.splat)
  throw jitError(
    'ValueReadWhileTracing',
    `the value of a [${value.shape.join(', ')}] tensor was read while its function was being compiled, at ${callerLine()}`,
    'A compiled function runs later, on other numbers: return the tensor, or branch with tf.where instead of reading it.',
    { shape: value.shape },
  )
}

const refuseRandom = (name: string): never => {
  throw jitError(
    'OpNotLowered',
    `the op ${name} at ${callerLine()} draws random numbers inside a compiled function`,
    'Draw them outside from a key and pass them in, so that the same seed gives the same run.',
    { op: name },
  )
}

/** Kernels that must never be part of a graph, whatever backend has them. */
export const RANDOM_KERNELS: readonly string[] = [
  'Multinomial',
  'RandomUniform',
  'RandomUniformInt',
  'RandomNormal',
  'TruncatedNormal',
  'StatelessRandomUniform',
]

/** tfjs draws these on the host and writes the numbers: a graph would keep one draw for ever. */
const DRAWN = /^(rand|random\w+|truncatedNormal|statelessRandom\w+)__op$/

const refuseDrawn = (): void => {
  const op = DRAWN.exec(tf.engine().state.activeScope?.name ?? '')
  if (op !== null) refuseRandom(op[1]!)
}

class TraceBackend extends tf.KernelBackend {
  override floatPrecision(): 16 | 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override timerAvailable(): boolean {
    return false
  }
  override numDataIds(): number {
    return 0
  }
  override refCount(): number {
    return 1
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true
  }
  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): TracedData {
    const graph = builder()
    refuseDrawn()
    return { value: constant(elements(values, dtype, tf.util.sizeFromShape(shape)), shape, dtype as DType), graph }
  }
  override readSync(dataId: object): tf.backend_util.BackendValues {
    return read(dataId as TracedData)
  }
  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return read(dataId as TracedData)
  }
}

let registered = false

/** Registers the trace backend and its lowerings once a process. */
export const ensureTraceBackend = (register: () => void): void => {
  if (registered) return
  registered = true
  tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0)
  register()
  for (const kernelName of RANDOM_KERNELS)
    tf.registerKernel({ kernelName, backendName: TRACE_BACKEND, kernelFunc: () => refuseRandom(kernelName) })
}

/** Runs `body` with the trace backend current and a fresh graph being recorded. */
export const recording = <A>(body: (graph: GraphBuilder) => A): A => {
  if (current !== undefined)
    throw new Error('a trace is already being recorded: compiled functions cannot compile others')
  const graph = graphBuilder()
  current = graph
  captured = new WeakMap()
  try {
    // Taken around the tidy, which would search what it returns for tensors, weight by weight.
    let recorded: A | undefined
    withBackend(TRACE_BACKEND, () =>
      tf.tidy(() => {
        recorded = body(graph)
      }),
    )
    return recorded as A
  } finally {
    current = undefined
  }
}
