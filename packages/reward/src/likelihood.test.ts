import { exceptTokens, isFault, tokenMDP } from '@gfnlm/env'
import { type Policy, frozen, reference } from '@gfnlm/policy'
import { isLeft } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { likelihood, prefixLogRewards } from './likelihood.ts'
import type { Reward } from './reward.ts'
import { flatLikelihood } from './testing/flat-log-probs.ts'
import { smallGPT2, smallLlama, trained } from './testing/small-policies.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const STOP = 10
const mdp = tokenMDP({ terminator: STOP, maxLength: 3, minLength: 2, logitShift: exceptTokens(11, [4]) })
const PROMPTS = [[3, 1, 4, 1, 5, 9, 2, 6, 5], [7]]
// As many of each prompt as it happens.
const COMPLETIONS = [
  [[1, 2, 3], [5], [9, 9, 9]],
  [[], [6, 6]],
]
const batch = trajectoriesOf(
  mdp,
  PROMPTS.map((tokens, i) => promptOf(`${i}`, tokens)),
  COMPLETIONS,
  { padding: -1 },
)

const scored = async (reward: Reward): Promise<Float32Array> => {
  const judged = await reward(batch)()
  if (isLeft(judged)) throw judged.left
  return judged.right.logReward
}

/** log p(z_≤t ⊤ | x) of every prefix, each in a forward of its own; neither masks nor a forced stop. */
const oneByOne = (policy: Policy, options: Parameters<typeof flatLikelihood>[3] = {}): number[] =>
  COMPLETIONS.flatMap((of, group) =>
    of.flatMap((z) =>
      Array.from({ length: 4 }, (_, t) =>
        t > z.length
          ? NaN
          : flatLikelihood(policy, [...PROMPTS[group]!, ...z.slice(0, t), STOP], PROMPTS[group]!.length, {
              from: PROMPTS[group]!.length,
              ...options,
            }),
      ),
    ),
  )

const expectSame = (found: Float32Array, wanted: readonly number[]): void =>
  wanted.forEach((x, i) => {
    if (Number.isNaN(x)) expect(found[i], `cell ${i}`).toBeNaN()
    else expect(Math.abs(found[i]! - x), `cell ${i}`).toBeLessThan(1e-5)
  })

test.each([
  ['llama', smallLlama],
  ['gpt2', smallGPT2],
] as const)('%s: log R of every prefix is the sum of its log-probs, NaN past the end', async (_, make) => {
  const policy = make()
  expectSame(await scored(likelihood(reference(policy))), oneByOne(policy))
})

test('with the adapter off a trained policy judges like its base', async () => {
  const policy = smallLlama()
  const parameters = trained(policy.trainable)
  const base = oneByOne(policy)
  expectSame(await scored(likelihood(reference({ ...policy, trainable: parameters }))), base)
  // With it on it does not.
  const adapted = await scored(likelihood(frozen(policy, parameters)))
  expectSame(adapted, oneByOne(policy, { trainable: parameters }))
  expect(Math.abs(adapted[0]! - base[0]!)).toBeGreaterThan(1e-3)
})

test('a model that cannot branch judges alike', async () => {
  const policy = smallLlama()
  const { branched: _, ...plain } = policy
  expectSame(await scored(likelihood(reference(plain))), oneByOne(policy))
})

test('a logit shift is in every token and in stopping', async () => {
  const policy = smallGPT2()
  const shift = exceptTokens(11, [2, 7], -5)
  expectSame(await scored(likelihood(reference(policy), { logitShift: shift })), oneByOne(policy, { shift }))
})

test('the literal sums of a table of log-probs', () => {
  // Row 0 stops after 1 token, row 1 at once.
  const logR = prefixLogRewards([-1, -9, -2, -9], [-0.5, -0.25, -4, NaN], Int32Array.of(1, 0), 2)
  expect([...logR]).toEqual([-0.5, -1.25, -4, NaN])
})

test('a model that cannot read the tokens is a RewardFailed with the cause', async () => {
  const refuse = (): never => {
    throw new RangeError('40 columns')
  }
  const tooShort = { ...smallLlama(), logits: refuse, branched: refuse }
  const judged = await likelihood(reference(tooShort))(batch)()
  expect(isLeft(judged) && isFault(judged.left) && `${judged.left._tag} ${judged.left.message}`).toMatch(
    /^RewardFailed .*40 columns/,
  )
})
