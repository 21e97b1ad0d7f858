import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prompts } from '@gfnlm/data'
import { tokenMDP } from '@gfnlm/env'
import { adaptiveKL } from '@gfnlm/losses'
import { readHead, saveHead, valueHead } from '@gfnlm/policy'
import { annotate, completionReward } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { sample } from '@gfnlm/sampler'
import { isLeft, isRight } from 'fp-ts/lib/Either.js'
import { identity, lastValueFrom, takeWhile, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { checkpointEvery } from '../checkpoint-every.ts'
import { loadCheckpoint, saveCheckpoint } from '../checkpoint.ts'
import type { RunEvent } from '../events.ts'
import { linear } from '../schedule.ts'
import { ppo } from '../tasks/ppo.ts'
import { STOP, promptOf, smallLlama } from '../testing/small-llama.ts'
import { type Trainer, trainer } from '../trainer.ts'
import { training } from '../training.ts'
import { type KLCell, ppoRollouts } from './ppo-rollouts.ts'
import { ppoStep } from './ppo-step.ts'
import type { Rollout } from './rollout.ts'

const STEPS = 4
const EPOCHS = 2
const MINIBATCHES = 2
const mdp = tokenMDP({ terminator: STOP, maxLength: 4, minLength: 1 })
const PROMPTS = [promptOf('a', [3, 1, 4]), promptOf('b', [7]), promptOf('c', [2, 2, 2, 2, 2])]
const policy = smallLlama()
const reward = completionReward(
  () => '',
  (judged) => judged.map(({ tokens }) => tokens.filter((token) => token === 5).length),
)

const learnerOf = (): Trainer<Rollout> =>
  trainer(policy, {
    task: ppo(mdp, { head: valueHead(policy.config.hidden) }),
    learningRate: linear(0.02, 0, STEPS * EPOCHS * MINIBATCHES),
    clipNorm: 1,
  })

interface Resumed {
  readonly from?: number
  readonly until?: number
  readonly directory?: string
}

const run = async (learner: Trainer<Rollout>, kl: KLCell, { from = 0, until = STEPS, directory }: Resumed = {}) => {
  const last = until % 2 === 0 ? 'checkpoint' : 'step'
  const save = () =>
    saveCheckpoint(directory!, learner.layout, { state: learner.state(), seed: 5, carried: { kl: kl.current } })
  const events = await lastValueFrom(
    training({ name: 'ppo', steps: STEPS, seed: 5, from }, (ticks) =>
      ticks.pipe(
        prompts(PROMPTS, { perStep: 2 }),
        sample(learner, { mdp, perPrompt: 4 }),
        annotate(reward),
        reweight(uniform),
        ppoRollouts(mdp, learner, { klCoefficient: kl, control: adaptiveKL({ target: 0.01, horizon: 40 }) }),
        ppoStep(learner, { epochs: EPOCHS, minibatches: MINIBATCHES }),
        directory === undefined ? identity : checkpointEvery(2, save),
        takeWhile((event) => !(event.type === last && event.step + 1 === until), true),
      ),
    ).pipe(toArray()),
  )
  return { events, bytes: new Int32Array(learner.state().parameters.buffer.slice(0)), kl: kl.current }
}

const whole = await run(learnerOf(), { current: 0.2 })
const steps = whole.events.filter((event): event is RunEvent & { readonly type: 'step' } => event.type === 'step')

test("a step tells of its rollout and of the updates made of it, under TRL's names", () => {
  expect(steps.map(({ step }) => step)).toEqual([0, 1, 2, 3])
  for (const { metrics } of steps)
    expect(Object.keys(metrics)).toEqual(
      expect.arrayContaining(
        'objective/kl objective/entropy objective/non_score_reward objective/rlhf_reward objective/scores'
          .concat(' policy/approxkl_avg policy/clipfrac_avg loss/policy_avg loss/value_avg val/clipfrac_avg')
          .concat(' policy/entropy_avg val/ratio val/num_eos_tokens objective/kl_coef reward')
          .split(' '),
      ),
    )
  // The policy has not moved yet, and its KL was below the target: the coefficient fell by a fifth in 40 completions.
  expect(steps[0]!.metrics['objective/kl']).toBeCloseTo(0, 5)
  expect(steps[0]!.metrics['objective/scores']).toBeCloseTo(steps[0]!.metrics['reward']!, 6)
  expect(steps[1]!.metrics['objective/kl_coef']).toBeCloseTo(0.2 * (1 - (0.2 * 8) / 40), 6)
  expect(steps[3]!.metrics['objective/kl']).not.toBeCloseTo(0, 3)
})

test.each([2, 3])(
  'a run that ended after step %s goes on from its checkpoint to the bytes of a whole one, head and coefficient included',
  async (until) => {
    const directory = await mkdtemp(join(tmpdir(), 'gfnlm-ppo-'))
    try {
      await run(learnerOf(), { current: 0.2 }, { until, directory })
      const resumed = learnerOf()
      const found = await loadCheckpoint(directory, resumed.layout)()
      if (isLeft(found) || found.right === undefined) throw new Error('no checkpoint')
      resumed.restore(found.right.state)
      const from = found.right.state.step / (EPOCHS * MINIBATCHES)
      expect(from).toBe(2)
      const kl: KLCell = { current: found.right.carried['kl'] as number }
      const { bytes, kl: end } = await run(resumed, kl, { from })
      expect(bytes).toEqual(whole.bytes)
      expect(end).toBe(whole.kl)
      const { hidden } = policy.config
      await saveHead('value', resumed.own(), directory, hidden)()
      const saved = await readHead('value', directory, hidden)()
      expect(isRight(saved) && saved.right).toEqual(resumed.own())
      expect(resumed.own()).not.toEqual(valueHead(hidden))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
