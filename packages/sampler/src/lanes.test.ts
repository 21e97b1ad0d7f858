import type { Policy } from '@gfnlm/policy'
import { hostTensor } from '@gfnlm/jit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Work, lanesOf } from './lanes.ts'
import { smallPolicies } from './small-policies.test.fixture.ts'

beforeEach(() => void vi.stubEnv('GFNLM_THREADS', '4'))
afterEach(() => void vi.unstubAllEnvs())

const [, small] = smallPolicies()[0]!
/** 12 layers of 12 heads of 64, as GPT-2 has; weights of 400 MB. */
const large = {
  ...small,
  constants: { w: { ...hostTensor(new Float32Array(0)), shape: [1e8] } },
  cached: { ...small.cached!, layers: 12, head: [12, 64] },
} as Policy

/** One completion each of some prompts, of so many columns together. */
const rowsOf = (prompts: number, columns: number): Work => ({
  prompts,
  perPrompt: 1,
  promptLength: columns - 4,
  maxLength: 4,
})

test('a small model has a lane a core where each has rows enough; the lanes have a slot for every row, or 128 each', () => {
  expect(lanesOf(small, 'cpu', rowsOf(1000, 20))).toEqual({ count: 4, slots: 128 })
  expect(lanesOf(small, 'cpu', rowsOf(100, 20))).toEqual({ count: 4, slots: 25 })
  expect(lanesOf(small, 'cpu', rowsOf(40, 20))).toEqual({ count: 2, slots: 20 })
  expect(lanesOf(small, 'cpu', rowsOf(31, 20))).toEqual({ count: 1, slots: 31 })
})

test('a large model has one lane, of as many slots as their keys and values have room for', () => {
  expect(lanesOf(large, 'cpu', rowsOf(20, 72))).toEqual({ count: 1, slots: 20 })
  // a slot more that is empty, not a graph more
  expect(lanesOf(large, 'cpu', rowsOf(19, 72))).toEqual({ count: 1, slots: 20 })
  expect(lanesOf(large, 'cpu', rowsOf(19, 72), 19)).toEqual({ count: 1, slots: 19 })
  expect(lanesOf(large, 'cpu', rowsOf(512, 20))).toEqual({ count: 1, slots: 128 })
  // 2 · 12 · 12 · 64 · 320 columns · 4 bytes = 23.6 MB a row
  expect(lanesOf(large, 'cpu', rowsOf(512, 300))).toEqual({ count: 1, slots: 11 })
  expect(lanesOf({ ...large, contextLength: 1e9 }, 'cpu', rowsOf(512, 1e8))).toEqual({ count: 1, slots: 1 })
})

test('how many are asked for is what there are; other devices and policies without a cache have one lane', () => {
  expect(lanesOf(small, 'cpu', rowsOf(512, 20), 1)).toEqual({ count: 1, slots: 1 })
  expect(lanesOf(small, 'cpu', rowsOf(512, 20), 40)).toEqual({ count: 2, slots: 20 })
  expect(lanesOf(large, 'cpu', rowsOf(512, 20), 200)).toEqual({ count: 1, slots: 200 })
  expect(lanesOf(small, 'tfjs:cpu', rowsOf(512, 20))).toEqual({ count: 1, slots: 128 })
  const { cached: _cached, ...uncached } = large
  expect(lanesOf(uncached, 'cpu', rowsOf(512, 1e6))).toEqual({ count: 1, slots: 128 })
})

test('completions of a large model that have their prompt in common have room where copies of it would not', () => {
  const work = { prompts: 2, perPrompt: 32, promptLength: 256, maxLength: 32 }
  // 18.9 MB a prompt, 2.4 MB a completion
  expect(lanesOf(large, 'cpu', work)).toEqual({ count: 1, slots: 64 })
  expect(lanesOf(large, 'cpu', { ...work, prompts: 4 })).toEqual({ count: 1, slots: 11 })
  expect(lanesOf(large, 'cpu', { ...work, prompts: 64, perPrompt: 1 })).toEqual({ count: 1, slots: 11 })
})
