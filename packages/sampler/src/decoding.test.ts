import { type TokenMDP, exceptTokens, tokenMDP } from '@gfnlm/env'
import { type HostTensors, hostTensor, jit } from '@gfnlm/jit'
import { type PackedInput, type Policy, type Tensors, actionScores, packRows } from '@gfnlm/policy'
import { describe, expect, test } from 'vitest'
import { learnedLogProb } from './behaviour.ts'
import { type Decoder, decoderOf } from './decoding.ts'
import { onPolicy } from './exploration.ts'
import { rollout, rowKeys } from './rollout.ts'
import { moved, smallPolicies } from './small-policies.test.fixture.ts'

const prompts = [[5], [1, 2, 3, 4, 5, 6, 7, 8, 9], [7, 7, 3]].map((tokens, i) => ({
  id: `p${i}`,
  text: '',
  tokens: Int32Array.from(tokens),
  row: {},
}))
const tokensOf = (given: typeof prompts): Int32Array[] => given.map((p) => p.tokens)
const mdp = tokenMDP({ terminator: 10, minLength: 1, maxLength: 6, logitShift: exceptTokens(11, [0]) })
const perPrompt = 3
const group = Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2)

/** [rows, width] log P_F of completions by one teacher-forced pass. */
const forced = async (
  policy: Policy,
  trainable: HostTensors,
  rules: TokenMDP,
  tokens: Int32Array,
  of = { prompts, group },
): Promise<Float32Array> => {
  const score = jit(
    (given: { trainable: Tensors; packed: PackedInput }, constants) => ({
      logPF: actionScores(policy, rules, constants, given.trainable, given.packed).logPF,
    }),
    { constants: policy.constants },
  )
  const { logPF } = await score({ trainable, packed: packRows({ ...of, width: rules.maxLength + 1 }, tokens) })
  await score.dispose()
  return logPF.data as Float32Array
}
const sampled = async (decoder: Decoder, trainable: HostTensors, rules: TokenMDP) =>
  rollout(
    await decoder({ prompts: tokensOf(prompts), group, maxLength: rules.maxLength, trainable }),
    rules,
    rowKeys(1, 0, prompts, perPrompt),
    onPolicy,
  )

const apart = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length)
  return a.reduce((most, x, i) => (x === b[i] ? most : Math.max(most, Math.abs(x - b[i]!))), 0)
}

/** The policy with NaN in the embedding of token 0, which pads. */
const poisoned = (policy: Policy): Policy => {
  const [name, embedding] = Object.entries(policy.constants).find(([n]) =>
    /embed_tokens\.weight$|wte\.weight$/.test(n),
  )!
  const data = Float32Array.from(embedding.data).fill(NaN, 0, embedding.shape[1])
  return { ...policy, constants: { ...policy.constants, [name]: hostTensor(data, embedding.shape) } }
}

/** Without the logit of token 0: a tied head has the same NaN row. */
const others = (logits: Float32Array): Float32Array => logits.filter((_, i) => i % 11 !== 0)

const known = (logProb: number): number => (Number.isNaN(logProb) ? 0 : logProb)

/** Logits of each row after its prompt and after each of the columns of `then`. */
const walked = async (
  decoder: Decoder,
  given: readonly Int32Array[],
  rows: Int32Array,
  trainable: HostTensors | null,
  then: readonly number[],
): Promise<Float32Array[]> => {
  let at = await decoder({ prompts: given, group: rows, maxLength: 6, trainable })
  const all = [at.logits.slice()]
  for (const token of then) all.push((at = await at.next(new Int32Array(rows.length).fill(token))).logits.slice())
  await at.close()
  return all
}

describe.each(smallPolicies())('a small %s', (_, policy) => {
  const trainable = moved(policy)
  const { cached: _cached, ...uncached } = policy
  const decoder = decoderOf(policy)
  const slow = decoderOf(uncached)

  test.each<[string, TokenMDP]>([
    ['forced', mdp],
    ['free', { ...mdp, leaf: 'free' }],
  ])(
    'cached decoding, decoding anew and one teacher-forced pass agree to 1e-5: ragged prompts, several completions each, a %s leaf',
    async (_, rules) => {
      const [fast, anew] = [await sampled(decoder, trainable, rules), await sampled(slow, trainable, rules)]
      expect(fast.tokens).toEqual(anew.tokens)
      expect(new Set(fast.length).size).toBeGreaterThan(1)
      const scores = await forced(policy, trainable, rules, fast.tokens)
      fast.logPF.forEach((logPF, cell) => {
        if (Number.isNaN(logPF)) return
        expect(Math.abs(logPF - anew.logPF[cell]!)).toBeLessThan(1e-5)
        expect(Math.abs(logPF - scores[cell]!)).toBeLessThan(1e-5)
      })
    },
  )

  test('the adapter matters, and without it decoding is the reference', async () => {
    const walk = (given: HostTensors | null) => walked(decoder, tokensOf(prompts), group, given, [1, 2])
    const [adapted, fresh, off] = [await walk(trainable), await walk(policy.trainable), await walk(null)]
    off.forEach((logits, t) => {
      expect(apart(fresh[t]!, logits)).toBeLessThan(1e-6)
      expect(apart(adapted[t]!, logits)).toBeGreaterThan(0.05)
    })
  })

  test("a prompt's logits do not depend on what else is in the batch", async () => {
    const together = await walked(decoder, tokensOf(prompts), group, trainable, [1, 2, 3])
    for (const [g, { tokens }] of prompts.entries()) {
      const alone = await walked(decoder, [tokens], Int32Array.of(0), trainable, [1, 2, 3])
      alone.forEach((logits, t) => {
        for (let i = 0; i < perPrompt; i++)
          expect(
            apart(together[t]!.slice((g * perPrompt + i) * 11, (g * perPrompt + i + 1) * 11), logits),
          ).toBeLessThan(1e-5)
      })
    }
  })

  test.each([1, 2, 4, 7])(
    'with %i slots the same completions are drawn as with a slot for every row, by both decoders',
    async (slots) => {
      const all = await sampled(decoder, trainable, mdp)
      for (const given of [decoder, slow]) {
        const some = await sampled((request) => given({ ...request, slots }), trainable, mdp)
        expect([some.tokens, some.length]).toEqual([all.tokens, all.length])
        expect(apart(some.logPF.map(known), all.logPF.map(known))).toBeLessThan(1e-5)
      }
    },
  )

  test('slots find their rows whatever the order of the prompts and what was there before, and are empty when there are none left', async () => {
    const mixed = Int32Array.of(2, 0, 1, 0, 2)
    const open = async (given: Decoder) =>
      given({ prompts: tokensOf(prompts), group: mixed, maxLength: 6, trainable, slots: 2 })
    const whole = await walked(decoder, tokensOf(prompts), mixed, trainable, [1, 2])
    for (const given of [decoder, slow, decoderOf(poisoned(policy)), decoderOf(poisoned(uncached))]) {
      let at = await open(given)
      const seen = new Set<number>()
      const check = (t: number): void =>
        at.rows.forEach((row, slot) => {
          if (row < 0) return
          seen.add(row)
          const [found, expected] = [
            at.logits.slice(slot * 11, (slot + 1) * 11),
            whole[t]!.slice(row * 11, (row + 1) * 11),
          ]
          expect(apart(others(found), others(expected))).toBeLessThan(1e-5)
        })
      for (let rows = 2; rows < 8; rows += 2) {
        check(0)
        for (const token of [1, 2]) {
          at = await at.next(at.rows.map(() => token))
          check(token)
        }
        at = await at.refill([...at.rows.keys()])
      }
      expect([...seen].sort()).toEqual([0, 1, 2, 3, 4])
      expect(at.rows.every((row) => row === -1)).toBe(true)
      await at.close()
    }
  })

  test('NaN in the embedding of the padding token changes nothing', async () => {
    const { constants } = poisoned(policy)
    const of = (given: Policy) => walked(decoderOf(given), tokensOf(prompts), group, trainable, [1, 2])
    for (const given of [policy, uncached]) {
      const [clean, dirty] = [await of(given), await of({ ...given, constants })]
      clean.forEach((logits, t) => expect(others(dirty[t]!)).toEqual(others(logits)))
    }
  })

  test('going on again from where a decoding was gives the same', async () => {
    const start = await decoder({ prompts: tokensOf(prompts), group, maxLength: 6, trainable })
    const once = await start.next(new Int32Array(9).fill(3))
    const logits = once.logits.slice()
    await once.next(new Int32Array(9).fill(4))
    expect((await start.next(new Int32Array(9).fill(3))).logits.slice()).toEqual(logits)
    await start.close()
  })

  test('a decoding that is closed does not go on; others do', async () => {
    const open = () => decoder({ prompts: [Int32Array.of(1)], group: Int32Array.of(0), maxLength: 3, trainable: null })
    const [first, second] = [await open(), await open()]
    await first.next(Int32Array.of(2))
    await first.close()
    await expect(first.next(Int32Array.of(2))).rejects.toThrow(/after drop\(\)/)
    expect((await second.next(Int32Array.of(2))).logits.length).toBe(11)
    await second.close()
  })
})

test.each(smallPolicies(80))(
  'rows of very different lengths, through caches of many sizes: %s, as decoding anew and teacher forced',
  async (_, policy) => {
    const { cached: _cached, ...uncached } = policy
    const of = [1, 20, 3, 33].map((length, i) => ({
      id: `q${i}`,
      text: '',
      tokens: Int32Array.from({ length }, (_, k) => 1 + ((k * 7 + i) % 9)),
      row: {},
    }))
    const rows = { prompts: of, group: Int32Array.from({ length: 20 }, (_, row) => Math.floor(row / 5)) }
    // token 10, which ends, is as likely as each of the others
    const rules = tokenMDP({ terminator: 10, maxLength: 45 })
    const draw = async (given: Policy) => {
      const decoding = await decoderOf(given)({
        prompts: of.map((p) => p.tokens),
        group: rows.group,
        maxLength: 45,
        trainable: moved(policy),
        slots: 9,
      })
      return rollout(decoding, rules, rowKeys(3, 0, of, 5), onPolicy)
    }
    const [fast, anew] = [await draw(policy), await draw(uncached)]
    expect(fast.tokens).toEqual(anew.tokens)
    expect(Math.max(...fast.length)).toBeGreaterThan(30)
    expect(Math.min(...fast.length)).toBeLessThan(3)
    const scores = await forced(policy, moved(policy), rules, fast.tokens, rows)
    fast.logPF.forEach(
      (logPF, cell) => Number.isNaN(logPF) || expect(Math.abs(logPF - scores[cell]!)).toBeLessThan(2e-5),
    )
  },
)

test.each(smallPolicies(13))(
  'a prompt may fill the context to its last position: %s, 9 + 4 of 13, which is no bucket',
  async (_, policy) => {
    const { cached: _cached, ...uncached } = policy
    const then = [1, 2, 3, 4]
    const prompt = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)
    const request = { prompts: [prompt], group: Int32Array.of(0), maxLength: 4, trainable: null }
    const all = await Promise.all(
      [policy, uncached].map(async (given) => {
        let at = await decoderOf(given)(request)
        const logits = [...at.logits]
        for (const token of then) logits.push(...(at = await at.next(Int32Array.of(token))).logits)
        await at.close()
        return Float32Array.from(logits)
      }),
    )
    expect(apart(all[0]!, all[1]!)).toBeLessThan(1e-5)
    // teacher-forced too: 16 + 4 columns, of which 7 are padding
    const rules = tokenMDP({ terminator: 10, maxLength: 4, leaf: 'free' })
    const row = (t: number): Float32Array => all[0]!.slice(11 * t, 11 * (t + 1))
    const scores = await forced(policy, policy.trainable, rules, Int32Array.of(...then, 10), {
      prompts: [{ id: '', text: '', tokens: prompt, row: {} }],
      group: Int32Array.of(0),
    })
    expect(
      apart(
        scores,
        Float32Array.from([...then, 10], (token, t) => learnedLogProb(row(t), rules, t, token)),
      ),
    ).toBeLessThan(1e-5)
    await expect(decoderOf(policy)({ ...request, maxLength: 5 })).rejects.toMatchObject({
      _tag: 'PromptTooLong',
      detail: { prompt: '1 of 1', length: 9 },
    })
    await expect(decoderOf(policy)({ ...request, prompts: [prompt, new Int32Array(0)] })).rejects.toMatchObject({
      _tag: 'PromptEmpty',
    })
    await expect(decoderOf(policy)({ ...request, prompts: [] })).rejects.toMatchObject({ _tag: 'NoPrompts' })
  },
)
