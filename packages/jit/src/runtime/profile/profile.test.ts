import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Cost, byOperator, figuresOf } from './figures.ts'
import { leftToCpu, placementOf } from './placement.ts'
import { type ProfileEvent, profileEvents } from './profile-event.ts'
import { profileTable } from './profile-table.ts'
import { traceEvent, traceText, trackNames } from './trace-file.ts'

/**
 * Three runs of h = x W, s = log softmax(h), Σ s, s Wᵀ, vᵀ h and argmax h, x [8, 32], W [32, 64] frozen, v [8, 4], as
 * ONNX Runtime 1.30 recorded them on its CPU provider and on its WebGPU provider; arguments that nothing reads left out.
 */
const recorded = (device: 'cpu' | 'webgpu'): readonly ProfileEvent[] => [
  ...profileEvents(readFileSync(new URL(`${device}.fixture.json`, import.meta.url), 'utf8').split('\n')),
]
const [cpu, webgpu] = [recorded('cpu'), recorded('webgpu')]
const of = (costs: readonly Cost[], name: string): readonly Cost[] => costs.filter((cost) => cost.name === name)

test('a profile has its operators with shapes, packed weights left out, and a GPU its kernels', () => {
  expect(cpu.filter(({ kind }) => kind === 'operator')).toHaveLength(3 * 12)
  expect(cpu.find(({ name }) => name === 'FusedMatMul')).toEqual({
    kind: 'operator',
    name: 'FusedMatMul',
    provider: 'CPU',
    at: 18314,
    took: 29,
    inputs: [
      [8, 4],
      [8, 64],
    ],
    outputs: [[4, 64]],
    floats: true,
  })
  expect(webgpu.filter(({ kind }) => kind === 'kernel')).toHaveLength(3 * 12)
  expect(webgpu.find(({ kind, name }) => kind === 'kernel' && name === 'ReduceSum')).toMatchObject({
    provider: 'WebGpu',
    inputs: [[8, 64]],
    outputs: [[8, 1]],
  })
})

test('figures are of the average of all runs but the first', () => {
  const { runs, ms, total, operators } = figuresOf(cpu)
  // model_run: 5261, 164 and 120 µs
  expect([runs, ms, total]).toEqual([2, 0.142, 5.545])
  expect(of(operators, 'ArgMax')).toEqual([
    { name: 'ArgMax', provider: 'CPU', shapes: '[8, 64] → [8]', calls: 1, ms: 0.0085, flops: 0 },
  ])
  expect(of(operators, 'Sub').map(({ calls }) => calls)).toEqual([2])
  const sum = operators.reduce((all, cost) => all + cost.ms, 0)
  expect(sum).toBeGreaterThan(0)
  expect(sum).toBeLessThan(ms)
})

test('one run is all there is to average', () => {
  const end = cpu.findIndex(({ name }) => name === 'model_run')
  expect(figuresOf(cpu.slice(0, end + 1))).toMatchObject({ runs: 1, ms: 5.261, total: 5.261 })
  expect(figuresOf([])).toEqual({ runs: 0, ms: 0, total: 0, operators: [], kernels: [], cut: false })
})

test('a product of [M, K] and [K, N] is 2 M N K operations, however its operands lie and whether or not they are seen', () => {
  const { operators } = figuresOf(cpu)
  expect(of(operators, 'MatMul').map(({ flops }) => flops)).toEqual([2 * 8 * 32 * 64])
  expect(new Set(of(operators, 'FusedMatMul').map(({ flops }) => flops))).toEqual(
    new Set([2 * 8 * 64 * 32, 2 * 4 * 64 * 8]),
  )
  const product = (inputs: number[][], output: number[]): number =>
    figuresOf([
      { kind: 'operator', name: 'MatMul', provider: 'CPU', at: 0, took: 1, inputs, outputs: [output], floats: true },
    ]).operators[0]!.flops
  expect(
    product(
      [
        [3, 8, 5, 7],
        [7, 11],
      ],
      [3, 8, 5, 11],
    ),
  ).toBe(2 * 3 * 8 * 5 * 7 * 11)
  expect(product([[7], [7, 11]], [11])).toBe(2 * 7 * 11)
})

test('costs of one operator add up over its shapes', () => {
  const { operators } = figuresOf(cpu)
  const [fused] = of(byOperator(operators), 'FusedMatMul')
  expect(fused).toMatchObject({ calls: 2, flops: 2 * 8 * 64 * 32 + 2 * 4 * 64 * 8 })
})

test('kernels of a GPU belong to the run in which they ran', () => {
  const { kernels } = figuresOf(webgpu)
  // 331 and 349 µs in the second and third run, 504 in the first
  expect(of(kernels, 'ReduceMax')).toEqual([
    { name: 'ReduceMax', provider: 'WebGpu', shapes: '[8, 64] → [8, 1]', calls: 1, ms: 0.34, flops: 0 },
  ])
})

test('a device that leaves operators to the CPU is told, with their names and numbers', () => {
  const firstRun = webgpu.slice(
    0,
    webgpu.findIndex(({ name }) => name === 'model_run'),
  )
  const placement = placementOf('webgpu', firstRun)
  expect(placement).toEqual({ device: 'webgpu', operators: 13, onCpu: { Cast: 1 }, copies: 1, onlyIndices: false })
  expect(leftToCpu(placement)).toMatchObject({
    _tag: 'OpsOnCpu',
    detail: { device: 'webgpu', operators: 13, onCpu: { Cast: 1 }, copies: 1 },
  })
  expect(leftToCpu(placement)!.message).toContain(
    "device 'webgpu' leaves 1 of 13 operators to the CPU (Cast 1), and copies between the two 1 times a run",
  )
  expect(
    leftToCpu(
      placementOf(
        'webgpu',
        firstRun.filter(({ provider }) => provider === 'WebGpu'),
      ),
    ),
  ).toBeUndefined()
})

test("index arithmetic on what a call brings is the CPU's by right", () => {
  const slice: ProfileEvent = {
    kind: 'operator',
    name: 'Slice',
    provider: 'CPU',
    at: 0,
    took: 1,
    inputs: [[3, 17], [1]],
    outputs: [[3, 16]],
    floats: false,
  }
  const upload: ProfileEvent = { ...slice, name: 'MemcpyFromHost', provider: 'WebGpu' }
  expect(leftToCpu(placementOf('webgpu', [slice, upload]))).toBeUndefined()
  expect(leftToCpu(placementOf('webgpu', [slice, { ...upload, name: 'MemcpyToHost' }]))).toMatchObject({
    detail: { onCpu: { Slice: 1 } },
  })
  expect(leftToCpu(placementOf('webgpu', [{ ...slice, floats: true }, upload]))).toMatchObject({
    detail: { onCpu: { Slice: 1 } },
  })
})

test('the table says where the time goes, a GPU by its kernels and what it leaves to the CPU', () => {
  const table = profileTable([
    { ...figuresOf(cpu), name: '1: x → loss', device: 'cpu' },
    { ...figuresOf(webgpu), name: '2: x → loss', device: 'webgpu' },
  ])
  expect(table).toMatchSnapshot()
})

test('the trace is one JSON object of the Trace Event Format: complete events, one track a session and one its GPU', () => {
  const track = { id: 3, name: '3: x → loss', began: 1000 }
  const text = [...traceText([...trackNames(track), ...webgpu.map((event) => traceEvent(track, event))])].join('')
  const { traceEvents } = JSON.parse(text) as { traceEvents: Record<string, unknown>[] }
  expect(traceEvents).toHaveLength(2 + webgpu.length)
  for (const event of traceEvents) {
    expect(event).toMatchObject({
      name: expect.any(String),
      pid: expect.any(Number),
      tid: expect.any(Number),
      args: expect.any(Object),
    })
    expect(['M', 'X']).toContain(event['ph'])
    if (event['ph'] === 'X') expect([event['ts'], event['dur']]).toEqual([expect.any(Number), expect.any(Number)])
  }
  expect(new Set(traceEvents.map(({ tid }) => tid)).size).toBe(2)
  expect(traceEvents.find(({ cat }) => cat === 'operator')).toMatchObject({
    name: 'MatMul',
    ts: 1000 + 14442,
    dur: 2903,
    args: { provider: 'WebGpu', outputs: '[[8,64]]' },
  })
})
