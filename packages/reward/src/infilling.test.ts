import { exceptTokens, isFault, tokenMDP } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'
import { type Policy, type PretrainedPolicy, frozen, reference } from '@gfnlm/policy'
import { isLeft, isRight } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { type InfillingOptions, infillingLikelihood } from './infilling.ts'
import { flatLikelihood } from './testing/flat-log-probs.ts'
import { smallGPT2, smallLlama, trained } from './testing/small-policies.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const STOP = 10
const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })
// Beginnings and endings of several lengths; the longest takes 9 + 4 + 6 = 19 of 24 positions.
const AROUND: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }>> = {
  a: { x: [3, 1, 4, 1, 5, 9, 2, 6, 5], y: [8, 9] },
  b: { x: [7], y: [1, 2, 3, 4, 5, 6] },
  c: { x: [2, 7, 1], y: [8] },
}
const COMPLETIONS = [
  [[1, 2, 3, 4], [5]],
  [[], [6, 6, 6]],
  [
    [9, 8],
    [1, 1, 1, 1],
  ],
]
const options: InfillingOptions = {
  surroundings: ({ id }) => ({ before: Int32Array.from(AROUND[id]!.x), after: Int32Array.from(AROUND[id]!.y) }),
}
const prompts = Object.keys(AROUND).map((id) => promptOf(id, [1]))
const batchOf = (padding: number) => trajectoriesOf(mdp, prompts, COMPLETIONS, { padding })

const scored = async (
  policy: Policy,
  padding: number,
  given: InfillingOptions,
  state = reference(policy),
): Promise<Float32Array> => {
  const judged = await infillingLikelihood(state, given)(batchOf(padding))()
  if (isLeft(judged)) throw judged.left
  return judged.right.logReward
}

/** log p(z_≤t tail | X) of every prefix, each in a forward of its own. */
const oneByOne = (
  policy: Policy,
  { terminatorInText = true, logitShift }: Partial<InfillingOptions>,
  trainable: PretrainedPolicy['trainable'] | null = null,
): number[] =>
  COMPLETIONS.flatMap((of, group) => {
    const { x, y } = AROUND[prompts[group]!.id]!
    const tail = terminatorInText ? [STOP, ...y] : y
    return of.flatMap((z) =>
      Array.from({ length: mdp.maxLength + 1 }, (_, t) => {
        if (t > z.length) return NaN
        const text = [...x, ...z.slice(0, t), ...tail]
        const shift = logitShift === undefined ? {} : { shift: logitShift, from: x.length, to: x.length + t }
        return flatLikelihood(policy, text, x.length, { trainable, ...shift })
      }),
    )
  })

const expectSame = (found: Float32Array, wanted: readonly number[], within = 1e-5): void => {
  expect(found.length).toBe(wanted.length)
  wanted.forEach((x, i) => {
    if (Number.isNaN(x)) expect(found[i], `cell ${i}`).toBeNaN()
    else expect(Math.abs(found[i]! - x), `cell ${i}`).toBeLessThan(within)
  })
}

/** The policy with an embedding of token 0 that is not a number: whatever reads the padding shows. */
const withNaNEmbedding = (policy: PretrainedPolicy): PretrainedPolicy => {
  const name = 'model.embed_tokens.weight'
  const { data, shape } = policy.constants[name] as HostTensor
  const poisoned = Float32Array.from(data, (x, i) => (i < shape[1]! ? NaN : x))
  return { ...policy, constants: { ...policy.constants, [name]: hostTensor(poisoned, shape) } }
}

test('llama: one pass gives the likelihood of every prefix with its ending, whatever the padding holds', async () => {
  const policy = withNaNEmbedding(smallLlama())
  expectSame(await scored(policy, 0, options), oneByOne(policy, {}))
})

test('gpt2: the same, with ids outside the vocabulary in the padding', async () => {
  const policy = smallGPT2()
  expectSame(await scored(policy, -1, options), oneByOne(policy, {}))
})

test('where the MDP forbids stopping nothing is judged, and the rest as ever', async () => {
  const policy = smallLlama()
  const later = tokenMDP({ ...mdp, minLength: 2 })
  const long = [
    [
      [1, 2, 3, 4],
      [5, 5],
    ],
    [[6, 6, 6]],
    [[9, 8]],
  ]
  const around = infillingLikelihood(reference(policy), options)
  const [all, stopping] = await Promise.all(
    [mdp, later].map(async (given) => {
      const judged = await around(trajectoriesOf(given, prompts, long, { padding: STOP }))()
      return isRight(judged) ? [...judged.right.logReward] : []
    }),
  )
  all!.forEach((x, i) => {
    if (i % 5 < 2 || Number.isNaN(x)) expect(stopping![i]).toBeNaN()
    else expect(stopping![i]).toBeCloseTo(x, 4)
  })
})

test('a terminator outside the text is not judged', async () => {
  const policy = smallLlama()
  const given = { ...options, terminatorInText: false }
  expectSame(await scored(policy, STOP, given), oneByOne(policy, given))
})

test('an ending of one token needs no branch: the states predict it', async () => {
  const policy = smallGPT2()
  const around = infillingLikelihood(reference(policy), {
    surroundings: () => ({ before: Int32Array.of(7), after: new Int32Array(0) }),
  })
  const judged = await around(trajectoriesOf(mdp, [promptOf('c', [1])], [[[4, 2]]]))()
  const texts = [
    [7, STOP],
    [7, 4, STOP],
    [7, 4, 2, STOP],
  ]
  expectSame(isRight(judged) ? judged.right.logReward : new Float32Array(0), [
    ...texts.map((text) => flatLikelihood(policy, text, 1)),
    NaN,
    NaN,
  ])
})

test('a logit shift reaches the completion and nothing else', async () => {
  const policy = smallLlama()
  const given = { ...options, logitShift: exceptTokens(11, [STOP, 8, 2], -99) }
  // 99 nats off a token leave fewer digits for the rest.
  expectSame(await scored(policy, STOP, given), oneByOne(policy, given), 1e-4)
})

test('the reward of a policy is that of its newest adapter', async () => {
  const policy = smallLlama()
  const parameters = trained(policy.trainable)
  expectSame(await scored(policy, STOP, options, frozen(policy, parameters)), oneByOne(policy, {}, parameters))
})

const failed = async (policy: Policy, given: InfillingOptions): Promise<string> => {
  const judged = await infillingLikelihood(reference(policy), given)(batchOf(STOP))()
  return isLeft(judged) && isFault(judged.left) ? `${judged.left._tag}: ${judged.left.message}` : 'no fault'
}

test('text that does not fit is told with the prompt and the numbers', async () => {
  const long = { surroundings: () => ({ before: Int32Array.of(1, 2, 3), after: new Int32Array(18).fill(1) }) }
  expect(await failed(smallGPT2(), long)).toMatch(/^PromptTooLong: prompt a: .* take 25 positions, the model has 24/)
  // One less fits to the last position.
  const fits = { surroundings: () => ({ before: Int32Array.of(1, 2, 3), after: new Int32Array(17).fill(1) }) }
  expect(await failed(smallGPT2(), fits)).toBe('no fault')
  // Nor does padding make a beginning too long that fits.
  const beginning = { surroundings: () => ({ before: new Int32Array(18).fill(1), after: Int32Array.of(1, 2) }) }
  expect(await failed(smallGPT2(), beginning)).toBe('no fault')
})

test('nothing before the completion is told', async () => {
  const nothing = { surroundings: () => ({ before: new Int32Array(0), after: Int32Array.of(1) }) }
  expect(await failed(smallGPT2(), nothing)).toMatch(/^SurroundingsEmpty: prompt a: there is nothing before/)
})

test('a policy that cannot branch is told', async () => {
  const { branched: _, ...plain } = smallGPT2()
  expect(await failed(plain, options)).toMatch(/^BranchesUnsupported: the policy random cannot/)
})
