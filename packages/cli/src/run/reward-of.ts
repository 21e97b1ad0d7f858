import type { Fault, Prompt } from '@gfnlm/env'
import { reference } from '@gfnlm/policy'
import { type Reward, infillingLikelihood, likelihood } from '@gfnlm/reward'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Config } from '../config/config.ts'
import type { Model } from '../load-model.ts'
import { surroundingsOf } from './surroundings-of.ts'

/** The reward of a config: how likely the frozen model finds the completion where it stands. */
export const rewardOf = (
  { reward, mdp, device }: Config,
  { policy, tokenizer }: Model,
  prompts: readonly Prompt[],
): E.Either<Fault, Reward> => {
  const judge = reference(policy)
  if (reward.kind === 'likelihood') return E.right(likelihood(judge, { device }))
  const room = policy.contextLength - mdp.maxNewTokens - 1
  return pipe(
    surroundingsOf(prompts, tokenizer, reward.columns, room),
    E.map((surroundings) => infillingLikelihood(judge, { surroundings, device })),
  )
}
