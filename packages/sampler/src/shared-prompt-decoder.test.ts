import { tokenMDP } from '@gfnlm/env'
import type { Device, HostTensors } from '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import type { Policy } from '@gfnlm/policy'
import { describe, expect, test } from 'vitest'
import { cachedDecoder } from './cached-decoder.ts'
import type { CompileOptions, Decoder, Decoding } from './decoding.ts'
import { onPolicy } from './exploration.ts'
import { prefillOf } from './prefill.ts'
import { rollout, rowKeys } from './rollout.ts'
import { equalRuns, sharedPromptDecoder } from './shared-prompt-decoder.ts'
import { moved, smallPolicies, windowedPolicy } from './small-policies.test.fixture.ts'

const prompts = [[5], [1, 2, 3, 4, 5, 6, 7, 8, 9], [7, 7, 3]].map((tokens) => Int32Array.from(tokens))
const group = Int32Array.of(2, 2, 0, 0, 1, 1)

const decodersOf = (
  policy: Policy,
  device: Device = 'cpu',
): { readonly shared: Decoder; readonly slotted: Decoder } => {
  const options: CompileOptions = { device, constants: policy.constants, limit: 16 }
  const prefill = prefillOf(policy, policy.cached!, options)
  const opened =
    (decoder: Decoder): Decoder =>
    async (request) => {
      const decoding = await decoder(request)
      return decoding.refill([...decoding.rows.keys()])
    }
  return {
    shared: opened(sharedPromptDecoder(policy, policy.cached!, prefill, options)),
    slotted: opened(cachedDecoder(policy, policy.cached!, prefill, options)),
  }
}

const apart = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length)
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
}

/** Logits after the prompts, and after each of some tokens of every row. */
const walked = async (decoder: Decoder, trainable: HostTensors | null, steps: number): Promise<Float32Array[]> => {
  let at = await decoder({ prompts, group, maxLength: steps, trainable })
  const all = [at.logits.slice()]
  for (let t = 0; t < steps - 1; t++) {
    at = await at.next(Int32Array.from(group, (_, row) => 1 + ((row * 3 + t) % 9)))
    all.push(at.logits.slice())
  }
  await at.close()
  return all
}

describe.each([...smallPolicies(), ['mistral with a window', windowedPolicy()] as const])('a small %s', (_, policy) => {
  const { shared, slotted } = decodersOf(policy)

  test('rows that read their prompt in one place have the logits of rows with a copy each: ragged prompts', async () => {
    for (const trainable of [moved(policy), null]) {
      const [together, apiece] = [await walked(shared, trainable, 10), await walked(slotted, trainable, 10)]
      apiece.forEach((logits, t) => expect(apart(together[t]!, logits)).toBeLessThan(1e-5))
      // rows of one prompt went different ways
      expect(apart(together[9]!.slice(0, 11), together[9]!.slice(11, 22))).toBeGreaterThan(0.01)
    }
  })

  test('the same completions are drawn, and rows that have ended stay empty', async () => {
    const mdp = tokenMDP({ terminator: 10, minLength: 1, maxLength: 6 })
    const named = prompts.map((tokens, i) => ({ id: `p${i}`, text: '', tokens, row: {} }))
    const draw = async (decoder: Decoder) => {
      const request = { prompts, group: Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2), maxLength: 6 }
      const decoding = await decoder({ ...request, trainable: moved(policy) })
      return rollout(decoding, mdp, rowKeys(1, 0, named, 3), onPolicy)
    }
    const [together, apiece] = [await draw(shared), await draw(slotted)]
    expect([together.tokens, together.length]).toEqual([apiece.tokens, apiece.length])
    expect(new Set(together.length).size).toBeGreaterThan(1)
  })

  test('completions of one token, and of two', async () => {
    for (const steps of [1, 2]) {
      const [together, apiece] = [await walked(shared, null, steps), await walked(slotted, null, steps)]
      apiece.forEach((logits, t) => expect(apart(together[t]!, logits)).toBeLessThan(1e-5))
    }
  })

  test('it goes on again from where it was, and not after it was closed', async () => {
    const start = await shared({ prompts, group, maxLength: 6, trainable: null })
    const step = (at: Decoding, token: number) => at.next(new Int32Array(6).fill(token))
    const logits = (await step(start, 3)).logits.slice()
    await step(await step(start, 3), 4)
    expect((await step(start, 3)).logits.slice()).toEqual(logits)
    await start.close()
    await expect(step(start, 3)).rejects.toThrow(/after drop\(\)/)
  })

  test('rows that are no equal runs, or wait for a slot, are refused', async () => {
    const ask = (rows: number[], slots?: number) =>
      shared({
        prompts,
        group: Int32Array.from(rows),
        maxLength: 3,
        trainable: null,
        ...(slots === undefined ? {} : { slots }),
      })
    await expect(ask([0, 1, 1])).rejects.toThrow(/equal runs/)
    await expect(ask([0, 0, 1, 1], 2)).rejects.toThrow(/slot/)
  })
})

const others: readonly Device[] = ['tfjs:cpu', ...(process.env['GFNLM_WEBGPU'] === '1' ? (['webgpu'] as const) : [])]

test.each(others)('on %s, too', async (device) => {
  const { shared, slotted } = decodersOf(windowedPolicy(), device)
  const [together, apiece] = [await walked(shared, null, 6), await walked(slotted, null, 6)]
  apiece.forEach((logits, t) => expect(apart(together[t]!, logits)).toBeLessThan(1e-5))
})

test('runs of prompts', () => {
  expect(equalRuns(Int32Array.of(4, 4, 1, 1))).toEqual([4, 1])
  expect(equalRuns(Int32Array.of(3, 0))).toEqual([3, 0])
  for (const wrong of [
    [0, 1, 0, 1],
    [0, 0, 1],
    [0, 0, 0, 1],
  ])
    expect(equalRuns(Int32Array.from(wrong))).toBeUndefined()
})
