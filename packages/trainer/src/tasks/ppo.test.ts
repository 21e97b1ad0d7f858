import { type TokenMDP, type Weighted, enumerateCompletions, onlyTokens, tokenMDP } from '@gfnlm/env'
import { squaredValueLoss } from '@gfnlm/losses'
import { valueHead } from '@gfnlm/policy'
import { completionReward } from '@gfnlm/reward'
import { decoderOf, sampleBatch } from '@gfnlm/sampler'
import { firstValueFrom, of } from 'rxjs'
import { expect, test } from 'vitest'
import { sgd } from '../optimizer/sgd.ts'
import { inEpochs, shuffledRows } from '../rollout/in-epochs.ts'
import { type PPORolloutOptions, ppoRollouts } from '../rollout/ppo-rollouts.ts'
import type { Rollout } from '../rollout/rollout.ts'
import { constant } from '../schedule.ts'
import { STOP, completions, promptOf, smallLlama, weighted } from '../testing/small-llama.ts'
import type { TrainStepOptions } from '../train-step.ts'
import { type Trainer, trainer } from '../trainer.ts'
import { type PPOOptions, ppo } from './ppo.ts'

const policy = smallLlama()
const head = valueHead(policy.config.hidden, { seed: 2 })
/** Three tokens and the end, at most three of them: forty completions. */
const mdp = tokenMDP({ terminator: STOP, maxLength: 3, logitShift: onlyTokens(11, [4, 5, 6], STOP) })

/** How often 5 is said; a completion that says nothing at all is worth −1. */
const worth = (tokens: ArrayLike<number>): number =>
  tokens.length === 0 ? -1 : Array.from(tokens).filter((token) => token === 5).length
const reward = completionReward(
  () => '',
  (judged) => judged.map(({ tokens }) => worth(tokens)),
)

const learnerOf = (
  options: Partial<PPOOptions> = {},
  stepping: Partial<TrainStepOptions<Rollout>> = {},
): Trainer<Rollout> =>
  trainer(policy, { task: ppo(mdp, { head, ...options }), learningRate: constant(0.02), ...stepping })

const rolled = (learner: Trainer<Rollout>, batch: Weighted, options: PPORolloutOptions = {}): Promise<Rollout> =>
  firstValueFrom(of(batch).pipe(ppoRollouts(mdp, learner, options)))

const ROWS = [[5, 4, 6], [4], [], [6, 5], [5, 5, 5], [4, 4]]
const judged = async (within: TokenMDP = mdp): Promise<Weighted> => weighted(completions(within, ROWS), reward)

/** Expected reward of the policy as it is, and what the head takes it for: every completion of both prompts. */
const enumerated = async (learner: Trainer<Rollout>) => {
  const all = enumerateCompletions(mdp, 11).flatMap((z) => [[...z], [...z]])
  const { logPF, value, width, length } = await rolled(learner, await weighted(completions(mdp, all), reward))
  const truth = [0, 0]
  all.forEach((z, row) => {
    const taken = logPF.subarray(row * width, row * width + Math.min(length[row]! + 1, mdp.maxLength))
    truth[row % 2]! += Math.exp(taken.reduce((a, b) => a + b, 0)) * worth(z)
  })
  return { truth, error: Math.max(...truth.map((v, prompt) => Math.abs(v - value[prompt * width]!))) }
}

test('the expected reward rises and the value head comes to know it', async () => {
  const learner = learnerOf()
  const several = inEpochs(learner, shuffledRows, { epochs: 4, minibatches: 1 })
  const draw = sampleBatch(learner, { mdp, perPrompt: 16 }, decoderOf(policy))
  const prompts = [promptOf('a', [3, 1, 4]), promptOf('b', [7])]
  const before = await enumerated(learner)
  for (let step = 0; step < 12; step++) {
    const batch = await weighted(await draw({ step, seed: 1, prompts }), reward)
    await several.update(await rolled(learner, batch, { klCoefficient: 0.01 }))
  }
  const after = await enumerated(learner)
  expect(Math.max(...before.truth)).toBeLessThan(1)
  expect(Math.min(...after.truth)).toBeGreaterThan(2)
  expect(after.error).toBeLessThan(0.25)
  expect(before.error).toBeGreaterThan(after.error)
})

/** TRL's chain in plain numbers: rewards of tokens, GAE and whitening over the steps that the policy chose. */
const advantagesByHand = (rollout: Rollout, c: number, lambda: number) => {
  const { rows, width, length, logPF, referenceLogProb, value } = rollout
  const advantages: number[][] = []
  for (let row = 0; row < rows; row++) {
    const steps = Math.min(length[row]! + 1, mdp.maxLength)
    const own: number[] = []
    for (let t = steps - 1, onward = 0, next = 0; t >= 0; t--) {
      const cell = row * width + t
      const r = -c * (logPF[cell]! - referenceLogProb![cell]!) + (t === steps - 1 ? worth(ROWS[row]!) : 0)
      onward = r + next - value[cell]! + lambda * onward
      own.unshift(onward)
      next = value[cell]!
    }
    advantages.push(own)
  }
  const all = advantages.flat()
  const mean = all.reduce((a, b) => a + b, 0) / all.length
  const variance = all.reduce((sum, a) => sum + (a - mean) ** 2, 0) / (all.length - 1)
  return {
    white: advantages.map((own) => own.map((a) => (a - mean) / Math.sqrt(variance + 1e-8))),
    returns: advantages.map((own, row) => own.map((a, t) => a + value[row * width + t]!)),
  }
}

/** Loss and metrics in plain numbers: ½ · 0.1 of the clipped value error beside the clipped surrogate, by the token. */
const lossByHand = (drawn: Rollout, now: Rollout, entropyBonus = 0, entropy = 0) => {
  const { white, returns } = advantagesByHand(drawn, 0.2, 0.95)
  const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
  const terms = white.flatMap((own, row) =>
    own.map((advantage, t) => {
      const cell = row * drawn.width + t
      const ratio = Math.exp(now.logPF[cell]! - drawn.logPF[cell]!)
      const target = returns[row]![t]!
      const value = now.value[cell]!
      const near = clip(value, drawn.value[cell]! - 0.2, drawn.value[cell]! + 0.2)
      return {
        policy: Math.max(-advantage * ratio, -advantage * clip(ratio, 0.8, 1.2)),
        value: 0.5 * Math.max((value - target) ** 2, (near - target) ** 2),
        clipped: Math.max(-advantage * ratio, -advantage * clip(ratio, 0.8, 1.2)) > -advantage * ratio ? 1 : 0,
        ratio,
      }
    }),
  )
  const mean = (name: 'policy' | 'value' | 'clipped' | 'ratio'): number =>
    terms.reduce((sum, term) => sum + term[name], 0) / terms.length
  const [actor, critic] = [mean('policy') - entropyBonus * entropy, mean('value')]
  return { loss: actor + 0.1 * critic, actor, critic, clipped: mean('clipped'), ratio: mean('ratio') }
}

/** A rollout of the first policy and a learner that has gone on from it, past the clip. */
const gone = async (options: Partial<PPOOptions> = {}) => {
  const learner = learnerOf(options, { optimizer: sgd(), learningRate: constant(0.5) })
  const drawn = await rolled(learner, await judged(), { klCoefficient: 0.2 })
  const first = await learner.update(drawn)
  for (let i = 0; i < 3; i++) await learner.update(drawn)
  return { learner, drawn, first }
}

test("loss, metrics and gradient are those of TRL's and torchtune's formula", async () => {
  const { learner, drawn, first } = await gone()
  expect(first['val/ratio']).toBeCloseTo(1, 6)
  expect(first['policy/clipfrac_avg']).toBe(0)

  const state = learner.state()
  const at = async (parameters: Float32Array) => {
    learner.restore({ ...state, parameters })
    return lossByHand(drawn, await rolled(learner, await judged()))
  }
  const hand = await at(state.parameters)
  expect(hand.clipped).toBeGreaterThan(0)
  const told = await learner.update(drawn)
  expect(told['loss']).toBeCloseTo(hand.loss, 5)
  expect(told['loss/policy_avg']).toBeCloseTo(hand.actor, 5)
  expect(told['loss/value_avg']).toBeCloseTo(hand.critic, 5)
  expect(told['policy/clipfrac_avg']).toBeCloseTo(hand.clipped, 5)
  expect(told['val/ratio']).toBeCloseTo(hand.ratio, 5)

  const gradient = state.parameters.map((x, i) => (x - learner.state().parameters[i]!) / 0.5)
  const norm = Math.hypot(...gradient)
  expect(told['grad_norm']).toBeCloseTo(norm, 4)
  const along = async (h: number): Promise<number> =>
    (await at(state.parameters.map((x, i) => x + (h * gradient[i]!) / norm))).loss
  const slope = ((await along(2e-3)) - (await along(-2e-3))) / 4e-3
  expect(Math.abs(slope / norm - 1)).toBeLessThan(0.01)
})

test('an entropy bonus and another loss of the value are what they are alone', async () => {
  const { learner, drawn } = await gone()
  const state = learner.state()
  const hand = lossByHand(drawn, await rolled(learner, await judged()))
  const from = async (options: Partial<PPOOptions>) => {
    const other = learnerOf(options, { optimizer: sgd() })
    other.restore(state)
    return other.update(drawn)
  }
  const even = await from({ entropyBonus: 0.3 })
  expect(even['loss']).toBeCloseTo(hand.loss - 0.3 * even['policy/entropy_avg']!, 5)
  expect(even['policy/entropy_avg']!).toBeGreaterThan(0.1)
  expect(even['policy/entropy_avg']!).toBeLessThan(Math.log(4))
  const squared = await from({ valueLoss: squaredValueLoss(), valueCoefficient: 0.5 })
  expect(squared['loss']).toBeCloseTo(hand.actor + 0.5 * squared['objective/value_loss']!, 5)
})

test('a rollout in parts makes the update of the whole, value head included', async () => {
  const parameters = async (accumulate: number): Promise<Float32Array> => {
    const learner = learnerOf({ entropyBonus: 0.1 }, { optimizer: sgd(), accumulate })
    const rollout = await rolled(learner, await judged())
    for (let i = 0; i < 2; i++) await learner.update(rollout)
    return learner.state().parameters
  }
  const whole = await parameters(1)
  ;(await parameters(4)).forEach((value, i) => expect(Math.abs(value - whole[i]!)).toBeLessThan(1e-6))
})

test('a dropped row, padding and what stands past the end change nothing', async () => {
  const update = async (change: (batch: Weighted) => Weighted) => {
    const learner = learnerOf({}, { optimizer: sgd() })
    const { metrics, ...rollout } = await rolled(learner, change(await judged()))
    return { told: await learner.update({ ...rollout, metrics }), metrics, parameters: learner.state().parameters }
  }
  const keep = Uint8Array.of(1, 1, 1, 0, 1, 1)
  const dropped = await update((batch) => ({ ...batch, keep }))
  const spoiled = await update((batch) => {
    const past = (cell: number): boolean => cell % batch.width > batch.length[Math.floor(cell / batch.width)]!
    return {
      ...batch,
      keep,
      tokens: batch.tokens.map((token, cell) => (past(cell) ? -1 : token)),
      logReward: batch.logReward.map((r, cell) => (Math.floor(cell / batch.width) === 3 ? Infinity : r)),
      tokenWeight: Float32Array.from(batch.tokens, (_, cell) => (past(cell) ? NaN : 1)),
    }
  })
  expect(spoiled).toEqual(dropped)
  expect(dropped.metrics['objective/scores']).toBeCloseTo((1 + 0 - 1 + 3 + 0) / 5, 6)
})

test('a policy without an adapter, or an option that is none, is refused', async () => {
  expect(() => ppo(mdp, { head, valueCoefficient: -1 })).toThrow('valueCoefficient must be at least 0, found -1')
  const task = ppo(mdp, { head })
  const bare = trainer({ ...policy, trainable: {} }, { task, learningRate: constant(0.1) })
  const rollout = await rolled(learnerOf(), await judged())
  await expect(bare.update(rollout)).rejects.toMatchObject({ _tag: 'NothingToTrain' })
})
