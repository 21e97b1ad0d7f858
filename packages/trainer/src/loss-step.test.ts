import { type Weighted, tokenMDP } from '@gfnlm/env'
import { firstValueFrom, from, lastValueFrom, of, toArray } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import { batchMetrics } from './batch-metrics.ts'
import type { Metrics, RunEvent } from './events.ts'
import { lossStep } from './loss-step.ts'
import { trajectoryTokens } from './tasks/count-tokens.ts'
import { completions } from './testing/small-llama.ts'

const mdp = tokenMDP({ terminator: 10, maxLength: 2 })

/** Four rows with log R −1, −3, −8, −100 at their ends; the last came from the replay buffer. */
const batchAt = (step: number, keep = Uint8Array.of(1, 1, 1, 1)): Weighted => {
  const batch = completions(mdp, [[1], [2, 3], [], [4]])
  const logReward = new Float32Array(12).fill(NaN)
  ;[-1, -3, -8, -100].forEach((r, row) => (logReward[row * 3 + batch.length[row]!] = r))
  return {
    ...batch,
    step,
    logReward,
    keep,
    rewardTemperature: 0.9,
    weight: Float32Array.from(keep),
    origin: ['policy', 'policy', 'policy', 'replay'],
  }
}

const learning = (metrics: Metrics = { loss: 0.5 }) => ({ update: () => Promise.resolve(metrics) })
const eventsOf = (batches: readonly Weighted[], options: Parameters<typeof lossStep>[1] = {}): Promise<RunEvent[]> =>
  lastValueFrom(from(batches).pipe(lossStep(learning(), { now: () => 0, ...options }), toArray()))

test("a batch's metrics are of the policy's own completions that were judged", () => {
  // Mean of −1, −3, −8 is −4; −1 and −8 are of one prompt, 7/2 from their mean; lengths 1, 2, 0 of at most 2.
  expect(batchMetrics(batchAt(0))).toEqual({
    reward: -4,
    reward_std: expect.closeTo((2 * Math.sqrt(2 * 3.5 ** 2)) / 3, 12),
    // The second prompt has one completion of the policy's own.
    frac_reward_zero_std: expect.closeTo(1 / 3, 12),
    reward_temperature: 0.9,
    'reward/dropped': 0,
    'completions/mean_length': 1,
    'completions/min_length': 0,
    'completions/max_length': 2,
    'completions/mean_terminated_length': 0.5,
    'completions/min_terminated_length': 0,
    'completions/max_terminated_length': 1,
    'completions/clipped_ratio': expect.closeTo(1 / 3, 12),
    effective_sample_size: 4,
    'weight/min': 1,
    'weight/max': 1,
    'weight/clipped_fraction': 0,
  })
  const dropped = batchMetrics(batchAt(0, Uint8Array.of(1, 1, 0, 0)))
  expect(dropped).toMatchObject({
    reward: -2,
    // One completion of each prompt: nothing to compare it with.
    reward_std: 0,
    'reward/dropped': 1,
    'completions/mean_length': 1.5,
    effective_sample_size: 2,
  })
  const none = batchMetrics({ ...batchAt(0), origin: ['replay', 'replay', 'replay', 'replay'] })
  expect(Object.values(none).every(Number.isFinite)).toBe(true)
  expect(none).toMatchObject({ 'completions/min_length': 0, 'completions/clipped_ratio': 0 })
  // A reward of 0 would be the best there is where rewards are log-probabilities.
  expect(Object.keys(none).filter((name) => /^reward$|^reward_std$|zero_std/.test(name))).toEqual([])
})

test('what the reward has to log is told', () => {
  const rewardMetrics = { 'rewards/format/mean': 0.5, 'rewards/format/std': 0.1 }
  expect(batchMetrics({ ...batchAt(0), rewardMetrics })).toMatchObject(rewardMetrics)
})

test('weights of tokens are told beside those of rows', () => {
  const tokenWeightStatistics = { effectiveSampleSize: 3, min: 0.5, max: 2, clipped: 0.25 }
  expect(batchMetrics({ ...batchAt(0), tokenWeightStatistics })).toMatchObject({
    effective_sample_size: 4,
    token_effective_sample_size: 3,
    'token_weight/min': 0.5,
    'token_weight/max': 2,
    'token_weight/clipped_fraction': 0.25,
  })
})

test('a step is told with the metrics of batch and update', async () => {
  const [event] = await eventsOf([batchAt(5)])
  expect(event).toMatchObject({ type: 'step', step: 5, time: 0, metrics: { loss: 0.5, reward: -4 } })
})

test('tokens are added up over a run, and counted anew in the next', async () => {
  const run$ = from([batchAt(0), batchAt(1)]).pipe(lossStep({ ...learning(), tokens: trajectoryTokens }))
  for (let run = 0; run < 2; run++) {
    const events = await lastValueFrom(run$.pipe(toArray()))
    // Prompts of 3 and 1 tokens, in turn; completions of 1, 2, 0 and 1, each with its terminator.
    const counted = events.flatMap((event) => (event.type === 'step' ? [event.metrics['num_tokens']] : []))
    expect(counted).toEqual([16, 32])
  }
})

test('dropped completions are a warning before their step', async () => {
  const seen = await eventsOf([batchAt(2, Uint8Array.of(1, 0, 0, 1))])
  expect(seen.map(({ type }) => type)).toEqual(['warning', 'step'])
  expect(seen[0]).toEqual({
    type: 'warning',
    step: 2,
    message: 'the reward failed on 2 completions; they are in no loss',
  })
})

test('samples are shown every so many steps', async () => {
  const samples = (): [{ prompt: string; completion: string; logReward: number }] => [
    { prompt: 'a', completion: 'b', logReward: -1 },
  ]
  const seen = await eventsOf(
    [0, 1, 2, 3, 4].map((step) => batchAt(step)),
    { samples, every: 2 },
  )
  expect(seen.flatMap((event) => (event.type === 'rollout' ? [event.step] : []))).toEqual([0, 2, 4])
  expect(seen[0]).toEqual({ type: 'rollout', step: 0, samples: samples() })
})

test('an update that fails is an error of the stream', async () => {
  const failing = { update: () => Promise.reject(new Error('not finite')) }
  await expect(firstValueFrom(of(batchAt(0)).pipe(lossStep(failing)))).rejects.toThrow('not finite')
})

test('updates are made one after another', async () => {
  const order: string[] = []
  const update = async ({ step }: Weighted): Promise<Metrics> => {
    order.push(`begin ${step}`)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(`end ${step}`)
    return {}
  }
  await lastValueFrom(from([0, 1].map((step) => batchAt(step))).pipe(lossStep({ update })))
  expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1'])
})

test('completion, errors and unsubscribing reach the source', () =>
  new TestScheduler((found, wanted) => expect(found).toEqual(wanted)).run(
    ({ cold, expectObservable, expectSubscriptions }) => {
      const none = cold<Weighted>('--|')
      expectObservable(none.pipe(lossStep(learning()))).toBe('--|')
      const broken = cold<Weighted>('--#')
      expectObservable(broken.pipe(lossStep(learning()))).toBe('--#')
      const endless = cold<Weighted>('------')
      expectObservable(endless.pipe(lossStep(learning())), '^---!').toBe('-----')
      expectSubscriptions(endless.subscriptions).toBe('^---!')
    },
  ))
