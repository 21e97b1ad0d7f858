import { type Prompt, type Fault, fault, tokenMDP } from '@gfnlm/env'
import { type PromptOptions, promptOfRow, readPrompts } from '@gfnlm/data'
import { type Explore, exploring } from '@gfnlm/sampler'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { prepareDevice } from '../device.ts'
import { defined } from '../defined.ts'
import { loadFrozen } from '../load-model.ts'
import { promptLimit } from '../run/prompt-limit.ts'
import { stopTokens } from '../run/stop-token.ts'
import { type Sampled, sampleCompletions } from './sample-completions.ts'

/** The options of `gfnlm sample`. */
export interface SampleValues {
  readonly model: string
  readonly revision: string | undefined
  readonly adapter: string | undefined
  readonly quantize: number | undefined
  readonly prompt: readonly string[]
  readonly prompts: string | undefined
  readonly n: number
  readonly 'max-new-tokens': number
  readonly 'min-new-tokens': number
  readonly stop: string | undefined
  readonly seed: number
  readonly temperature: number
  readonly 'top-k': number | undefined
  readonly 'top-p': number | undefined
  readonly 'min-p': number | undefined
  readonly device: string
}

/** What is printed for one prompt. */
export interface Answer {
  readonly prompt: string
  readonly seed: number
  readonly completions: readonly Sampled[]
}

const promptsOf = (
  { prompt, prompts }: SampleValues,
  options: PromptOptions,
): TE.TaskEither<Fault, readonly Prompt[]> => {
  const given = E.traverseArray((text: string) =>
    promptOfRow(options)({ file: '--prompt', line: 1, columns: { prompt: text } }),
  )(prompt)
  if (E.isLeft(given)) return TE.left(given.left)
  if (prompts === undefined)
    return given.right.length > 0
      ? TE.right(given.right)
      : TE.left(fault('Usage', 'there is no prompt', 'Add --prompt TEXT or --prompts FILE'))
  return pipe(
    readPrompts(prompts, options),
    TE.map((read) => [...given.right, ...read]),
  )
}

const exploreOf = ({
  temperature,
  'top-k': topK,
  'top-p': topP,
  'min-p': minP,
}: SampleValues): E.Either<Fault, Explore> =>
  E.tryCatch(
    () => exploring({ temperature, ...defined({ topK, topP, minP }) }),
    (cause) => fault('Usage', (cause as Error).message, 'Give another value'),
  )

const lengthsOf = (
  values: SampleValues,
): E.Either<Fault, { readonly minLength: number; readonly maxLength: number }> => {
  const { 'min-new-tokens': minLength, 'max-new-tokens': maxLength } = values
  return minLength <= maxLength
    ? E.right({ minLength, maxLength })
    : E.left(
        fault('Usage', `--min-new-tokens ${minLength} is more than --max-new-tokens ${maxLength}`, 'Exchange them'),
      )
}

/** Completions of the prompts that the options name, in their order. */
export const sampleTexts = (values: SampleValues): TE.TaskEither<Fault, readonly Answer[]> =>
  pipe(
    TE.fromEither(lengthsOf(values)),
    TE.bindTo('lengths'),
    TE.bind('device', () => prepareDevice(values.device)),
    TE.bind('explore', () => TE.fromEither(exploreOf(values))),
    TE.bind('model', () => loadFrozen(values)),
    TE.bind('stops', ({ model }) => TE.fromEither(stopTokens(model.tokenizer, values.stop, '--stop'))),
    TE.bind('maxPromptLength', ({ model, lengths }) =>
      TE.fromEither(promptLimit(model.policy, lengths.maxLength, '--max-new-tokens')),
    ),
    TE.bind('prompts', ({ model, maxPromptLength }) =>
      promptsOf(values, { encode: (text) => model.tokenizer.encode(text), maxPromptLength }),
    ),
    TE.bind('sampled', ({ model, prompts, stops, lengths, device, explore }) =>
      sampleCompletions(model, {
        prompts,
        mdp: tokenMDP({ ...stops, ...lengths }),
        perPrompt: values.n,
        seed: values.seed,
        explore,
        device,
      }),
    ),
    TE.map(({ prompts, sampled }) =>
      prompts.map(({ text }, i): Answer => ({ prompt: text, seed: values.seed, completions: sampled[i]! })),
    ),
  )
