import { readPrompts } from '@gfnlm/data'
import { type Fault, type Prompt, fault } from '@gfnlm/env'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config } from '../config/config.ts'
import type { Model } from '../load-model.ts'
import { promptLimit } from './prompt-limit.ts'

/** One learned log Z cannot fit prompts that each have their own. */
const oneForTB = (kind: string, prompts: readonly Prompt[]): TE.TaskEither<Fault, readonly Prompt[]> =>
  kind !== 'tb' || prompts.length === 1
    ? TE.right(prompts)
    : TE.left(
        fault(
          'ConfigInvalid',
          `objective tb learns one log Z, and there are ${prompts.length} prompts, each with its own`,
          'Take objective vargrad, which estimates log Z for each prompt, or give one prompt',
        ),
      )

/** The prompts of a config, all of them or why not. */
export const promptsOf = (
  { prompts: { file, columns }, mdp, objective }: Config,
  { policy, tokenizer }: Model,
): TE.TaskEither<Fault, readonly Prompt[]> =>
  pipe(
    TE.fromEither(promptLimit(policy, mdp.maxNewTokens, 'mdp.maxNewTokens')),
    TE.chain((maxPromptLength): TE.TaskEither<Fault, readonly Prompt[]> =>
      readPrompts(file, { encode: (text) => tokenizer.encode(text), maxPromptLength, columns }),
    ),
    TE.chain((prompts) => oneForTB(objective.kind, prompts)),
  )
