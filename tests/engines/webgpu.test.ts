import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONFIGS, decoded, judged, policyOf, trained } from './small-run.ts'
import { noWebGpu } from './webgpu-adapter.ts'

/** Largest difference, relative where numbers are large. */
const difference = (found: Float32Array, expected: Float32Array): number => {
  expect(found.length).toBe(expected.length)
  return expected.reduce((worst, x, i) => Math.max(worst, Math.abs(found[i]! - x) / Math.max(1, Math.abs(x))), 0)
}

describe.skipIf(noWebGpu !== undefined)(`on webgpu${noWebGpu === undefined ? '' : ` (skipped: ${noWebGpu})`}`, () => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  beforeAll(() => void process.on('warning', listen))
  afterAll(() => void process.off('warning', listen))

  test.each(Object.entries(CONFIGS))(
    'a LoRA step and cached decoding of a %s are as on cpu, and whole on the device',
    async (_, config) => {
      const policy = policyOf(config)
      const batch = await judged(policy)
      const expected = await trained(policy, batch, 'cpu')
      const found = await trained(policy, batch, 'webgpu')
      expect(expected.numbers.map(([name]) => name)).toEqual(['metrics', 'parameters', 'm', 'v'])
      expected.numbers.forEach(([name, values], i) =>
        expect(difference(found.numbers[i]![1], values), name).toBeLessThan(1e-4),
      )
      const [onCpu, onWebGpu] = [
        await decoded(policy, expected.trainable, 'cpu'),
        await decoded(policy, expected.trainable, 'webgpu'),
      ]
      onCpu.forEach((logits, i) => expect(difference(onWebGpu[i]!, logits), `logits of step ${i}`).toBeLessThan(1e-4))
      expect(warnings).toEqual([])
    },
  )
})
