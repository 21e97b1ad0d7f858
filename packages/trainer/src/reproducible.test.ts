import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Weighted, tokenMDP } from '@gfnlm/env'
import { prompts } from '@gfnlm/data'
import { reference } from '@gfnlm/policy'
import { annotate, likelihood } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { exploring, sample } from '@gfnlm/sampler'
import { isRight } from 'fp-ts/lib/Either.js'
import { identity, lastValueFrom, takeWhile } from 'rxjs'
import { expect, test } from 'vitest'
import { checkpointEvery } from './checkpoint-every.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { lossStep } from './loss-step.ts'
import { cosine } from './schedule.ts'
import { modifiedSubTB } from './tasks/gflownet.ts'
import { STOP, promptOf, smallLlama } from './testing/small-llama.ts'
import { type Trainer, trainer } from './trainer.ts'
import { training } from './training.ts'

const STEPS = 6
const mdp = tokenMDP({ terminator: STOP, maxLength: 4, minLength: 1 })
const PROMPTS = [promptOf('a', [3, 1, 4]), promptOf('b', [7]), promptOf('c', [2, 2, 2, 2, 2])]
const policy = smallLlama()

const learnerOf = (): Trainer<Weighted> =>
  trainer(policy, { task: modifiedSubTB(mdp), learningRate: cosine(0.02, 0, STEPS), clipNorm: 1 })

interface RunOptions {
  readonly seed?: number
  readonly from?: number
  readonly until?: number
  readonly directory?: string
}

/** A whole run on the policy's own samples; `until` ends it as a kill would, after a step and its checkpoint, if due. */
const run = async (
  learner: Trainer<Weighted>,
  { seed = 5, from = 0, until = STEPS, directory }: RunOptions = {},
): Promise<Int32Array> => {
  const last = until % 2 === 0 ? 'checkpoint' : 'step'
  const save = () => saveCheckpoint(directory!, learner.layout, { state: learner.state(), seed, carried: {} })
  await lastValueFrom(
    training({ name: 'same bytes', steps: STEPS, seed, from }, (ticks) =>
      ticks.pipe(
        prompts(PROMPTS, { perStep: 2 }),
        sample(learner, { mdp, perPrompt: 4, explore: exploring({ temperature: 1.5, epsilon: 0.1 }) }),
        annotate(likelihood(reference(policy)), { temperature: () => 0.8 }),
        reweight(uniform),
        lossStep(learner),
        directory === undefined ? identity : checkpointEvery(2, save),
        takeWhile((event) => !(event.type === last && event.step + 1 === until), true),
      ),
    ),
  )
  return new Int32Array(learner.state().parameters.buffer.slice(0))
}

const whole = await run(learnerOf())

test('the same seed gives the same bytes of parameters, another seed others', async () => {
  expect(await run(learnerOf())).toEqual(whole)
  expect(await run(learnerOf(), { seed: 6 })).not.toEqual(whole)
})

test.each([1, 3, 4])(
  'a run that ended after step %s and resumes from its last checkpoint gives the bytes of a whole one',
  async (until) => {
    const directory = await mkdtemp(join(tmpdir(), 'gfnlm-resume-'))
    try {
      await run(learnerOf(), { until, directory })
      const resumed = learnerOf()
      const found = await loadCheckpoint(directory, resumed.layout)()
      if (isRight(found) && found.right !== undefined) resumed.restore(found.right.state)
      expect(resumed.state().step).toBe(until - (until % 2))
      expect(await run(resumed, { from: resumed.state().step, directory })).toEqual(whole)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
