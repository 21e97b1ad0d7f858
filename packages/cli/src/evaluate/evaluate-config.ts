import type { Fault } from '@gfnlm/env'
import { type PolicyState, frozen, reference } from '@gfnlm/policy'
import { decoderOf } from '@gfnlm/sampler'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config } from '../config/config.ts'
import { prepareDevice } from '../device.ts'
import { defined } from '../defined.ts'
import { loadModel } from '../load-model.ts'
import { mdpOf } from '../run/mdp-of.ts'
import { promptsOf } from '../run/prompts-of.ts'
import { rewardOf } from '../run/reward-of.ts'
import { runFault } from '../run/run-fault.ts'
import { temperatureOf } from '../run/schedule-of.ts'
import { type Evaluation, evaluatePolicy } from './evaluate-policy.ts'

export interface EvaluateRequest {
  /** A PEFT adapter, to be compared with the model without it. */
  readonly adapter: string | undefined
  /** Completions of each prompt. */
  readonly n: number
  /** The first prompts of the config's file; undefined: all. */
  readonly limit: number | undefined
  readonly seed: number
}

export interface Compared {
  readonly prompts: number
  readonly perPrompt: number
  /** Of the reward, at the config's last step. */
  readonly temperature: number
  readonly base: Evaluation
  readonly adapter?: Evaluation
}

/** Rows sampled at a time. */
const ROWS = 64

/** Evaluates a config's model, and an adapter on it, on the config's prompts and reward. */
export const evaluateConfig = (
  config: Config,
  { adapter, n, limit, seed }: EvaluateRequest,
): TE.TaskEither<Fault, Compared> =>
  pipe(
    prepareDevice(config.device),
    TE.chain(() => loadModel(config.model, defined({ adapter, quantize: config.quantize, revision: config.revision }))),
    TE.bindTo('model'),
    TE.bind('mdp', ({ model }) => TE.fromEither(mdpOf(config, model.tokenizer, model.policy.vocabSize))),
    TE.bind('all', ({ model }) => promptsOf(config, model)),
    TE.let('prompts', ({ all }) => all.slice(0, limit)),
    TE.bind('reward', ({ model, prompts }) => TE.fromEither(rewardOf(config, model, prompts))),
    TE.chain(({ model, mdp, prompts, reward }) =>
      TE.tryCatch(async (): Promise<Compared> => {
        const { policy } = model
        const temperature = temperatureOf(config.reward.temperature, config.steps)(config.steps)
        const evaluate = (state: PolicyState): Promise<Evaluation> =>
          evaluatePolicy(state, {
            model,
            mdp,
            prompts,
            reward,
            temperature,
            seed,
            device: config.device,
            perPrompt: n,
            together: Math.max(1, Math.floor(ROWS / n)),
            decoder: decoderOf(policy, config.device),
          })
        const base = await evaluate(reference(policy))
        const compared = { prompts: prompts.length, perPrompt: n, temperature, base }
        return adapter === undefined ? compared : { ...compared, adapter: await evaluate(frozen(policy)) }
      }, runFault),
    ),
  )
