import type { Fault, Prompt, TokenMDP } from '@gfnlm/env'
import type { Reward } from '@gfnlm/reward'
import { type ReplayCell, replayBuffer } from '@gfnlm/sampler'
import type { Schedule } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config } from '../config/config.ts'
import type { Model } from '../load-model.ts'
import { type Improvement, improvementOf } from './improvement-of.ts'
import { mdpOf } from './mdp-of.ts'
import { modelToTrain } from './model-to-train.ts'
import { promptsOf } from './prompts-of.ts'
import { rewardOf } from './reward-of.ts'
import { temperatureOf } from './schedule-of.ts'

/** Everything a run is made of, ready to go. */
export interface Run {
  readonly config: Config
  readonly model: Model
  readonly mdp: TokenMDP
  readonly prompts: readonly Prompt[]
  readonly reward: Reward
  readonly temperature: Schedule
  /** The policy as it is now, and what improves it. */
  readonly improvement: Improvement
  /** Completions worth remembering. */
  readonly memory: ReplayCell
}

const memoryOf = ({ replay }: Config): ReplayCell => ({
  current: replay === false ? replayBuffer() : replayBuffer({ capacity: replay.capacity, tolerance: replay.tolerance }),
})

/** Loads what a config names and checks that it fits together, before anything is written. */
export const loadRun = (config: Config): TE.TaskEither<Fault, Run> =>
  pipe(
    modelToTrain(config),
    TE.bindTo('model'),
    TE.bind('mdp', ({ model }) => TE.fromEither(mdpOf(config, model.tokenizer, model.policy.vocabSize))),
    TE.bind('prompts', ({ model }) => promptsOf(config, model)),
    TE.bind('reward', ({ model, prompts }) => TE.fromEither(rewardOf(config, model, prompts))),
    TE.map((parts): Run => ({
      ...parts,
      config,
      temperature: temperatureOf(config.reward.temperature, config.steps),
      improvement: improvementOf(config, parts.model.policy, parts.mdp),
      memory: memoryOf(config),
    })),
  )
