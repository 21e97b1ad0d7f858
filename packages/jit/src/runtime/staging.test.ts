import { afterEach, expect, test, vi } from 'vitest'
import type { Wire } from './protocol.ts'
import { buffersAt, staged, staging } from './staging.ts'

const wire = (data: Wire['data']): Wire => ({ dtype: 'float32', shape: [data.length], data })
const large = (value: number): Wire => wire(new Float32Array(1 << 16).fill(value))

afterEach(() => vi.useRealTimers())

test('a large array crosses in memory that is lent, and the next one in the same', () => {
  const memory = staging()
  const first = memory.lend({ a: large(1), few: wire(Float32Array.of(1, 2)) })
  expect(first.lent).toEqual(['a'])
  const [buffer] = buffersAt(first.wires, first.lent)
  const during = memory.lend({ a: large(2) })
  expect(during.wires['a']!.data.buffer).not.toBe(buffer)
  memory.takeBack([buffer!])
  const next = memory.lend({ a: large(3) })
  expect(next.wires['a']!.data.buffer).toBe(buffer)
  expect(next.wires['a']!.data.every((x) => x === 3)).toBe(true)
})

test("the caller's arrays stay the caller's", () => {
  const [a, few] = [large(1), wire(new Float32Array(8).subarray(2, 4))]
  const { wires } = staging().lend({ a, few })
  expect(wires['a']!.data.buffer).not.toBe(a.data.buffer)
  expect(a.data).toHaveLength(1 << 16)
  expect(wires['few']!.data.buffer.byteLength).toBe(8)
})

test('shared memory is copied whatever its size', () => {
  const shared = (bytes: number): Wire => wire(new Float32Array(new SharedArrayBuffer(bytes)))
  for (const { wires } of [staging().lend({ a: shared(1 << 18), b: shared(8) }), staged({ a: shared(1 << 18) })])
    for (const { data } of Object.values(wires)) expect(data.buffer).toBeInstanceOf(ArrayBuffer)
})

test('memory that nothing took for a while is given up', () => {
  vi.useFakeTimers()
  const memory = staging()
  const { wires, lent } = memory.lend({ a: large(1) })
  const [buffer] = buffersAt(wires, lent)
  memory.takeBack([buffer!])
  vi.advanceTimersByTime(5_000)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(6_000)
  expect(vi.getTimerCount()).toBe(0)
  expect(memory.lend({ a: large(1) }).wires['a']!.data.buffer).not.toBe(buffer)
})
