import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { hostScalar, hostZeros, jit } from '../index.ts'
import { inWords, processMemory } from './memory.ts'
import { sessionError } from './session-error.ts'

beforeAll(() => tf.setBackend('cpu'))

test('memory that ONNX Runtime could not have is an OutOfMemory that says who asked for how much', () => {
  // ONNX Runtime 1.30
  const message =
    "Non-zero status code returned while running Mul node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 4900000000\n"
  const error = sessionError('run', 'cpu', 9.8e9, message)
  expect(error).toMatchObject({
    _tag: 'OutOfMemory',
    fix: expect.stringMatching(/fewer or shorter rows/),
    detail: { asked: 4.9e9, needed: 9.8e9, memory: processMemory() },
  })
  expect(error.message).toContain(
    `Mul could not have 4.9 GB on device 'cpu': what the compiled function computes on the way needs up to 9.8 GB; the process may have ${inWords(processMemory())}`,
  )
})

test.each([
  [
    'run',
    'webgpu',
    'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.',
    'OutOfMemory',
    /ONNX Runtime ran out of memory on device 'webgpu'/,
  ],
  ['open', 'cpu', 'std::bad_alloc', 'OutOfMemory', /ran out of memory/],
  ['run', 'cpu', 'Array buffer allocation failed', 'OutOfMemory', /ran out of memory/],
  [
    'run',
    'cpu',
    "Non-zero status code returned while running Mod node. Name:'' Status Message: element_wise_ops.cc:2256 operator() Integer modulo by zero",
    'InvalidInput',
    /remainder of an integer by 0/,
  ],
  [
    'open',
    'webgpu',
    '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const Config&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n',
    'DeviceUnavailable',
    /^device 'webgpu' could not be used: Failed to get a WebGPU adapter: No supported adapters\. Use device 'cpu'/,
  ],
  [
    'run',
    'webgpu',
    'unsupported program',
    'SessionFailed',
    /could not run the compiled function on device 'webgpu': unsupported program/,
  ],
  ['open', 'cpu', 'not a model', 'SessionFailed', /could not open the compiled function on device 'cpu': not a model/],
] as const)('a failure to %s on %s is what its message says', (doing, device, message, tag, words) => {
  expect(sessionError(doing, device, 1e6, message)).toMatchObject({
    _tag: tag,
    message: expect.stringMatching(words),
    detail: { device },
  })
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [4398046511104, '4.4 TB'],
  [2e19, '20000 PB'],
])('%i bytes are %s', (bytes, words) => {
  expect(inWords(bytes)).toBe(words)
})

test('a function whose intermediate results no memory holds is refused before it runs, and others go on', async () => {
  const n = 2 ** 22
  const outer = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.sum(tf.relu(tf.mul(tf.reshape(x, [n, 1]), x))) }))
  await expect(outer({ x: hostZeros([n]) })).rejects.toMatchObject({
    _tag: 'OutOfMemory',
    detail: { needed: 2 * 4 * n * n },
  })
  const plain = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }))
  expect((await plain({ x: hostScalar(1) })).y.data[0]).toBe(-1)
  await plain.dispose()
})

const JIT = new URL('../../dist/index.js', import.meta.url).href
const SCRIPT = `
  import { hostScalar, hostZeros, jit } from ${JSON.stringify(JIT)}
  import { createRequire } from 'node:module'
  const tf = createRequire(${JSON.stringify(JIT)})('@tensorflow/tfjs-core')
  const n = 60000
  const outer = jit(({ x }) => ({ y: tf.sum(tf.relu(tf.mul(tf.reshape(x, [n, 1]), x))) }))
  const tag = await outer({ x: hostZeros([n]) }).catch((error) => error._tag)
  const { y } = await jit(({ x }) => ({ y: tf.neg(x) }))({ x: hostScalar(1) })
  console.log(tag, y.data[0])
`

test.skipIf(process.platform !== 'linux')('a process that is refused memory in a run says so and goes on', async () => {
  const run = promisify(execFile)('bash', [
    '-c',
    'ulimit -v 10000000; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    SCRIPT,
  ])
  expect((await run).stdout).toBe('OutOfMemory -1\n')
})
