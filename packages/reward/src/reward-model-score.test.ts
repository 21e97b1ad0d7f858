import '@tensorflow/tfjs-backend-cpu'
import { type Trajectories, tokenMDP } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import { type PretrainedPolicy, scoreHead } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { type RewardModel, type RewardModelScoreOptions, rewardModelScore } from './reward-model-score.ts'
import { smallGPT2, smallLlama, trained } from './testing/small-policies.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

await tf.setBackend('cpu')

const STOP = 10
const PROMPTS = [[3, 1, 4, 1, 5, 9, 2, 6, 5], [7]]
const COMPLETIONS = [
  [[1, 2, 3], [5], [9, 9, 9]],
  [[], [6, 6]],
]
const batchOf = (leaf: 'forced' | 'free' = 'forced'): Trajectories =>
  trajectoriesOf(
    tokenMDP({ terminator: STOP, maxLength: 3, leaf }),
    PROMPTS.map((tokens, i) => promptOf(`${i}`, tokens)),
    COMPLETIONS,
    { padding: -1 },
  )

/** What each text is scored, one after another on the pure-JS engine, as w · h of its last token. */
const oneByOne = (
  policy: PretrainedPolicy,
  weight: readonly number[],
  trainable: PretrainedPolicy['trainable'] | null,
  texts: readonly (readonly number[])[],
): number[] => {
  const tensorsOf = (named: PretrainedPolicy['constants']) =>
    Object.fromEntries(Object.entries(named).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]))
  return texts.map((text) =>
    tf.tidy(() => {
      const input = { tokens: tf.tensor2d([[...text]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
      const columns = { start: text.length - 1, count: 1 }
      const own = trainable && tensorsOf(trainable)
      const state = policy.hidden(tensorsOf(policy.constants), own, input, columns).dataSync()
      return weight.reduce((sum, w, i) => sum + w * state[i]!, 0)
    }),
  )
}

/** Rewards at the ends of rows; everywhere else there is none. */
const rewards = async (
  model: RewardModel,
  options: RewardModelScoreOptions = {},
  batch: Trajectories = batchOf(),
): Promise<number[]> => {
  const judged = await rewardModelScore(model, options)(batch)()
  if (isLeft(judged)) throw judged.left
  const { logReward } = judged.right
  const ends = [...batch.length].map((length, row) => row * batch.width + length)
  logReward.forEach((r, cell) => expect(ends.includes(cell) || Number.isNaN(r)).toBe(true))
  return ends.map((cell) => logReward[cell]!)
}

const leftOf = <A>(either: Either<A, unknown>): A => {
  if (isLeft(either)) return either.left
  throw new Error('no fault')
}

const near = (found: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((x, i) => expect(Math.abs(found[i]! - x), `row ${i}`).toBeLessThan(1e-5))

const texts = (ends: readonly (readonly number[])[]): number[][] =>
  COMPLETIONS.flatMap((of, g) => of.map((z) => [...PROMPTS[g]!, ...z])).map((text, row) => [...text, ...ends[row]!])

test.each([
  ['llama', smallLlama],
  ['gpt2', smallGPT2],
] as const)('%s: each text has the score that it has alone, in batches of any size', async (_, make) => {
  const policy = make()
  const head = scoreHead(policy.config.hidden, 1, { seed: 1 })
  const weight = [...head['score.weight']!.data]
  const trainable = trained(policy.trainable)
  const forced = texts([[], [STOP], [], [STOP], [STOP]])
  const wanted = oneByOne(policy, weight, trainable, forced)
  for (const at of [1, 2, 16]) near(await rewards({ policy, head, trainable }, { at }), wanted)
  near(await rewards({ policy, head, trainable: null }), oneByOne(policy, weight, null, forced))
  const chosen = texts([[STOP], [STOP], [STOP], [STOP], [STOP]])
  near(await rewards({ policy, head, trainable }, {}, batchOf('free')), oneByOne(policy, weight, trainable, chosen))
})

test('a label is chosen by name or number; what is read and what a score is worth are choices', async () => {
  const policy = smallLlama()
  const { hidden } = policy.config
  const head = scoreHead(hidden, 2, { seed: 1 })
  const model: RewardModel = { policy, head, labels: ['bad', 'good'] }
  const alone: RewardModel = {
    policy,
    head: { 'score.weight': hostTensor(head['score.weight']!.data.slice(hidden) as Float32Array, [1, hidden]) },
  }
  const wanted = await rewards(alone)
  near(await rewards(model, { label: 'good' }), wanted)
  near(await rewards(model, { label: 1 }), wanted)
  near(
    await rewards(model, { label: 1, logReward: (score) => -2 * score }),
    wanted.map((score) => -2 * score),
  )
  const turned = { read: ({ tokens }: { readonly tokens: Int32Array }) => Int32Array.of(8, ...tokens) }
  near(
    await rewards(alone, turned),
    oneByOne(policy, [...alone.head['score.weight']!.data], policy.trainable, [
      [8, 1, 2, 3],
      [8, 5],
      [8, 9, 9, 9],
      [8],
      [8, 6, 6],
    ]),
  )
  const faultOf = async (options: RewardModelScoreOptions) =>
    leftOf(await rewardModelScore(model, options)(batchOf())())
  expect(await faultOf({})).toMatchObject({ _tag: 'RewardModelInvalid', detail: { labels: ['bad', 'good'] } })
  expect((await faultOf({ label: 'best' })).message).toContain('no label "best"')
})

test('a text that cannot be scored is not judged, and it alone', async () => {
  const policy = smallLlama()
  const model: RewardModel = { policy, head: scoreHead(policy.config.hidden, 1) }
  const usual = await rewards(model)
  const lengths = [policy.contextLength + 1, 0]
  const found = await rewards(model, {
    read: ({ prompt, tokens, end }) =>
      tokens.length === 3
        ? new Int32Array(lengths[tokens[0] === 1 ? 0 : 1]!)
        : Int32Array.of(...prompt.tokens, ...tokens, ...end),
  })
  expect([found[0], found[2]]).toEqual([NaN, NaN])
  near([found[1]!, found[3]!, found[4]!], [usual[1]!, usual[3]!, usual[4]!])
})

test('a text of another vocabulary, or a head of another model, is a fault that says what to do', async () => {
  const policy = smallLlama()
  const own: RewardModel = { policy, head: scoreHead(policy.config.hidden, 1) }
  const foreign = await rewardModelScore(own, { read: () => Int32Array.of(1, 11) })(batchOf())()
  expect(leftOf(foreign)).toMatchObject({ _tag: 'RewardModelInvalid', detail: { row: 0, token: 11 } })
  const other = await rewardModelScore({ policy, head: scoreHead(5, 1) })(batchOf())()
  expect(leftOf(other)).toMatchObject({ _tag: 'RewardFailed' })
  expect(() => rewardModelScore(own, { at: 0 })).toThrow('at must be a whole number of at least 1, found 0')
})
