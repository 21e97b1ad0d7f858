import { hostTensor } from '@gfnlm/jit'
import type { Policy } from '@gfnlm/policy'
import { expect, test } from 'vitest'
import { sharesPrompts } from './shares-prompts.ts'
import { smallPolicies } from './small-policies.test.fixture.ts'

const [, small] = smallPolicies()[0]!
const large: Policy = { ...small, constants: { w: { ...hostTensor(new Float32Array(0)), shape: [1e8] } } }
const request = (group: number[]) => ({ prompts: [], group: Int32Array.from(group), maxLength: 4, trainable: null })

test('completions of a large model share their prompts when all are decoded at once, as many of each', () => {
  expect(sharesPrompts(large, request([0, 0, 0]))).toBe(true)
  expect(sharesPrompts(large, request([1, 1, 0, 0]))).toBe(true)
  expect(sharesPrompts(large, request([0, 1, 2]))).toBe(false)
  expect(sharesPrompts(large, request([0, 0, 1]))).toBe(false)
  expect(sharesPrompts(large, { ...request([0, 0, 0]), slots: 2 })).toBe(false)
  expect(sharesPrompts(small, request([0, 0, 0]))).toBe(false)
})
