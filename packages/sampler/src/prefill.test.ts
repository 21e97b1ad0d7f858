import { expect, test } from 'vitest'
import { prefillOf } from './prefill.ts'
import { smallPolicies } from './small-policies.test.fixture.ts'

test('any number of prompts runs with few graphs, and each gives the logits that it gives alone', async () => {
  const [, policy] = smallPolicies()[1]!
  // 17 buckets of up to 40
  const prefill = prefillOf(policy, policy.cached!, { constants: policy.constants, limit: 17 })
  const promptOf = (i: number): Int32Array => Int32Array.of(1 + (i % 9), 2)
  const alone = await Promise.all(Array.from({ length: 9 }, (_, i) => prefill([promptOf(i)], null)))
  for (let count = 1; count <= 40; count++) {
    const { kept, logits } = await prefill(
      Array.from({ length: count }, (_, i) => promptOf(i)),
      null,
    )
    for (let i = 0; i < count; i++)
      alone[i % 9]!.logits.subarray(0, 11).forEach((x, id) => expect(logits[i * 11 + id]).toBeCloseTo(x, 5))
    await kept.drop()
  }
  await Promise.all(alone.map(({ kept }) => kept.drop()))
})
