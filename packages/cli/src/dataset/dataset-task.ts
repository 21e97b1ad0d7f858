import { type Row, preferenceOfRow, supervisedOfRow, unpairedOfRow } from '@gfnlm/data'
import { type Fault, fault } from '@gfnlm/env'
import { cpo, crossEntropy, dpo, dynamicFineTuning, hinge, ipo, kto, orpo, simPo } from '@gfnlm/losses'
import { type PretrainedPolicy, scoreHead } from '@gfnlm/policy'
import {
  type CompletionPair,
  type CompletionPairs,
  type LabelledCompletion,
  type LabelledCompletionBatch,
  type PreferenceBatch,
  type PreferredText,
  type PromptedCompletion,
  type Task,
  type TextBatch,
  ktoTask,
  preference,
  referenceFreePreference,
  rewardModel,
  supervised,
} from '@gfnlm/trainer'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { TaskConfig } from '../config/dataset-config.ts'
import { defined } from '../defined.ts'
import type { Encoded } from './read-rows.ts'
import type { RowEncoder } from './row-encoder.ts'

/** What a kind of dataset is: how a row is read, how rows become a batch, and what is learned from it. */
export interface DatasetTask<Item, Batch> {
  readonly encode: (row: Row) => E.Either<Fault, Encoded<Item>>
  readonly batchOf: (items: readonly Item[]) => Batch
  readonly task: Task<Batch>
}

type Of<Kind extends TaskConfig['kind']> = Extract<TaskConfig, { readonly kind: Kind }>

const joined = ({ prompt, completion }: PromptedCompletion): Int32Array => Int32Array.of(...prompt, ...completion)

/** A prompt without a token has nothing that the completion's first could follow. */
const prompted = (encoded: E.Either<Fault, PromptedCompletion>): E.Either<Fault, PromptedCompletion> =>
  pipe(
    encoded,
    E.filterOrElse(
      ({ prompt, completion }) => prompt.length > 0 && completion.length > 0,
      ({ prompt }): Fault =>
        fault(
          prompt.length === 0 ? 'PromptEmpty' : 'CompletionEmpty',
          `the ${prompt.length === 0 ? 'prompt' : 'completion'} has no token`,
          "Remove the row, or take a tokenizer that begins texts with the model's bos token and ends them with its eos",
        ),
    ),
  )

type Text = TextBatch['rows'][number]

/** Supervised fine-tuning: of completions alone where there is a prompt, else of whole texts. */
export const sft = ({ whole, completed }: RowEncoder, { loss }: Of<'sft'>): DatasetTask<Text, TextBatch> => ({
  encode: (row) =>
    pipe(
      supervisedOfRow(row),
      E.chain((given): E.Either<Fault, Text> =>
        'text' in given
          ? pipe(
              whole(given.text),
              E.map((tokens) => ({ tokens, given: 1 })),
            )
          : pipe(
              prompted(completed(given.prompt, given.completion)),
              E.map((both) => ({ tokens: joined(both), given: both.prompt.length })),
            ),
      ),
      E.filterOrElse(
        ({ tokens }) => tokens.length > 1,
        (): Fault => fault('TextEmpty', 'the text has no token to be learned', 'Remove the row'),
      ),
      E.map((item) => ({ item, texts: [item.tokens] })),
    ),
  batchOf: (rows) => ({ rows }),
  task: supervised({ loss: loss === 'dft' ? dynamicFineTuning() : crossEntropy() }),
})

const pairLoss = ({ loss, beta }: Of<'preference'>): Task<CompletionPairs> => {
  const options = defined({ beta })
  switch (loss) {
    case 'dpo':
      return preference(dpo(options), { name: loss })
    case 'ipo':
      return preference(ipo(options), { name: loss })
    case 'hinge':
      return preference(hinge(options), { name: loss })
    case 'simpo':
      return referenceFreePreference(simPo(options), { name: loss })
    case 'orpo':
      return referenceFreePreference(orpo(options), { name: loss })
    case 'cpo':
      return referenceFreePreference(cpo(options), { name: loss })
  }
}

interface Both {
  readonly chosen: PromptedCompletion
  readonly rejected: PromptedCompletion
}

/** Both completions of a preference, each after its prompt. */
const bothOf = ({ completed }: RowEncoder, row: Row): E.Either<Fault, Both> =>
  pipe(
    preferenceOfRow(row),
    E.chain(({ prompt, chosen, rejected }) =>
      pipe(
        E.Do,
        E.bind('chosen', () => prompted(completed(prompt, chosen))),
        E.bind('rejected', () => prompted(completed(prompt, rejected))),
      ),
    ),
  )

/** Preferences between completions: DPO and its kin. */
export const pairs = (encoder: RowEncoder, config: Of<'preference'>): DatasetTask<CompletionPair, CompletionPairs> => ({
  encode: (row) =>
    pipe(
      bothOf(encoder, row),
      E.map(({ chosen, rejected }) => ({
        item: { prompt: chosen.prompt, chosen: chosen.completion, rejected: rejected.completion },
        texts: [joined(chosen), joined(rejected)],
      })),
    ),
  batchOf: (some) => ({ pairs: some }),
  task: pairLoss(config),
})

/** Completions with a label. */
export const labelled = (
  { completed }: RowEncoder,
  { kind: _, ...options }: Of<'kto'>,
): DatasetTask<LabelledCompletion, LabelledCompletionBatch> => ({
  encode: (row) =>
    pipe(
      unpairedOfRow(row),
      E.chain(({ prompt, completion, label }) =>
        pipe(
          prompted(completed(prompt, completion)),
          E.map((both) => ({ item: { ...both, desirable: label }, texts: [joined(both)] })),
        ),
      ),
    ),
  batchOf: (completions) => ({ completions }),
  task: ktoTask(kto(options)),
})

/** Preferences between whole texts: a reward model. */
export const scored = (
  encoder: RowEncoder,
  { centring, rateScale }: Of<'reward-model'>,
  { config: { hidden } }: Pick<PretrainedPolicy, 'config'>,
  seed: number,
): DatasetTask<PreferredText, PreferenceBatch> => ({
  encode: (row) =>
    pipe(
      bothOf(encoder, row),
      E.map(({ chosen, rejected }) => {
        const item = { chosen: joined(chosen), rejected: joined(rejected) }
        return { item, texts: [item.chosen, item.rejected] }
      }),
    ),
  batchOf: (some) => ({ pairs: some }),
  task: rewardModel({ head: scoreHead(hidden, 1, { seed }), centring, rateScale }),
})
