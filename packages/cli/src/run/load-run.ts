import type { Fault, Prompt, TokenMDP, Weighted } from '@gfnlm/env'
import { selfNormalised, weightedSum } from '@gfnlm/losses'
import { lora } from '@gfnlm/policy'
import type { Reward } from '@gfnlm/reward'
import { type ReplayCell, replayBuffer } from '@gfnlm/sampler'
import { type Schedule, type Trainer, adamw, trainer } from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config } from '../config/config.ts'
import { defined } from '../defined.ts'
import { prepareDevice } from '../device.ts'
import { type Model, loadModel } from '../load-model.ts'
import { mdpOf } from './mdp-of.ts'
import { promptsOf } from './prompts-of.ts'
import { rewardOf } from './reward-of.ts'
import { learningRateOf, temperatureOf } from './schedule-of.ts'
import { taskOf } from './task-of.ts'

/** Everything a run is made of, ready to go. */
export interface Run {
  readonly config: Config
  readonly model: Model
  readonly mdp: TokenMDP
  readonly prompts: readonly Prompt[]
  readonly reward: Reward
  readonly temperature: Schedule
  /** The policy as it is now, and what improves it. */
  readonly learner: Trainer<Weighted>
  /** Completions worth remembering. */
  readonly memory: ReplayCell
}

const learnerOf = (config: Config, { policy }: Model, mdp: TokenMDP): Trainer<Weighted> => {
  const { weightDecay, beta1, beta2, clipNorm, accumulate } = config.optimizer
  return trainer(policy, {
    task: taskOf(config.objective, mdp),
    optimizer: adamw({ weightDecay, beta1, beta2 }),
    learningRate: learningRateOf(config),
    reducer: config.reweight.reduction === 'self-normalised' ? selfNormalised : weightedSum,
    device: config.device,
    accumulate,
    ...defined({ clipNorm }),
  })
}

const memoryOf = ({ replay }: Config): ReplayCell => ({
  current: replay === false ? replayBuffer() : replayBuffer({ capacity: replay.capacity, tolerance: replay.tolerance }),
})

/** Loads what a config names and checks that it fits together, before anything is written. */
export const loadRun = (config: Config): TE.TaskEither<Fault, Run> =>
  pipe(
    prepareDevice(config.device),
    TE.chain(() =>
      loadModel(config.model, {
        adapter: lora({ ...config.adapter, seed: config.seed }),
        ...defined({ quantize: config.quantize, revision: config.revision }),
      }),
    ),
    TE.bindTo('model'),
    TE.bind('mdp', ({ model }) => TE.fromEither(mdpOf(config, model.tokenizer, model.policy.vocabSize))),
    TE.bind('prompts', ({ model }) => promptsOf(config, model)),
    TE.bind('reward', ({ model, prompts }) => TE.fromEither(rewardOf(config, model, prompts))),
    TE.map((parts): Run => ({
      ...parts,
      config,
      temperature: temperatureOf(config.reward.temperature, config.steps),
      learner: learnerOf(config, parts.model, parts.mdp),
      memory: memoryOf(config),
    })),
  )
