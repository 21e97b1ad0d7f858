import { tokenMDP } from '@gfnlm/env'
import { whitenKeepingMean, whitenTorchtune } from '@gfnlm/losses'
import { completionReward } from '@gfnlm/reward'
import { expect, test } from 'vitest'
import { STOP, completions, weighted } from '../testing/small-llama.ts'
import { type Scored, rolloutOf } from './rollout-of.ts'

const free = tokenMDP({ terminator: STOP, maxLength: 3, leaf: 'free' })
const asIs = (x: ArrayLike<number>): Float64Array => Float64Array.from(x)

/** One completion of three tokens and its terminator, worth 1, with values 0, 0, 0, 1. */
const one = async (): Promise<Scored> => {
  const reward = completionReward(
    () => '',
    () => [1],
  )
  const zeros = () => new Float32Array(4)
  const batch = await weighted(completions(free, [[1, 2, 3]]), reward)
  return { ...batch, logPF: zeros(), referenceLogProb: zeros(), value: Float32Array.of(0, 0, 0, 1) }
}

// torchtune, tests/torchtune/rlhf/test_rewards.py: γ 0.9, λ 0.95, values and rewards 0, 0, 0, 1.
test("returns and whitened advantages are torchtune's numbers", async () => {
  const batch = await one()
  const { returns } = rolloutOf(batch, 0.1, { gamma: 0.9, lambda: 0.95, whiten: asIs })
  ;[0.6579225, 0.7695, 0.9, 1].forEach((value, t) => expect(returns[t]).toBeCloseTo(value, 6))
  const { advantage } = rolloutOf(batch, 0.1, { gamma: 0.9, lambda: 0.95, whiten: whitenTorchtune })
  ;[0.771871, 1.050592, 1.376581, -0.87162].forEach((value, t) => expect(advantage[t]).toBeCloseTo(value, 5))
})

test('a token pays for its divergence, the last choice is rewarded, and rewards may be whitened', async () => {
  const moved = { ...(await one()), logPF: Float32Array.of(-1, -2, -1, -1), value: new Float32Array(4) }
  const given = { gamma: 1, lambda: 1, whiten: asIs } as const
  const referenceLogProb = Float32Array.of(-2, -1, -1, -3)
  const { returns, metrics } = rolloutOf({ ...moved, referenceLogProb }, 0.5, given)
  ;[0, 0.5, 0, 0].forEach((value, t) => expect(returns[t]).toBeCloseTo(value, 6))
  expect(metrics).toMatchObject({
    'objective/kl': 2,
    'objective/kl_coef': 0.5,
    'objective/entropy': 5,
    'objective/non_score_reward': -1,
    'objective/rlhf_reward': 0,
    'objective/scores': 1,
    'val/num_eos_tokens': 1,
  })
  const white = rolloutOf({ ...moved, referenceLogProb }, 0.5, { ...given, whitenRewards: whitenKeepingMean })
  // Rewards −0.5, 0.5, 0, 0 have mean 0 and sample deviation 1 / √6.
  expect(white.returns[1]).toBeCloseTo(0.5 * Math.sqrt(6), 5)
})

test('what is not a number is a fault that names its row', async () => {
  const batch = await one()
  expect(() => rolloutOf({ ...batch, value: Float32Array.of(0, NaN, 0, 0) }, 0)).toThrow(
    expect.objectContaining({ _tag: 'RolloutNotFinite', detail: { row: 0, token: 1 } }) as Error,
  )
  expect(() => rolloutOf({ ...batch, logReward: Float32Array.of(0, 0, 0, Infinity) }, 0)).toThrow(
    expect.objectContaining({ _tag: 'RewardNotFinite', detail: { row: 0, reward: Infinity } }) as Error,
  )
})
