import { type Row, type TokenRow, preferenceOfRow, supervisedOfRow, unpairedOfRow } from '@gfnlm/data'
import type { Fault } from '@gfnlm/env'
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

const joined = ({ prompt, completions }: TokenRow, at = 0): Int32Array => Int32Array.of(...prompt, ...completions[at]!)

type Text = TextBatch['rows'][number]

/** Supervised fine-tuning: of completions alone where there is a prompt, else of whole texts, but for their first token. */
export const sft = ({ whole, completed }: RowEncoder, { loss }: Of<'sft'>): DatasetTask<Text, TextBatch> => ({
  encode: (row) =>
    pipe(
      supervisedOfRow(row),
      E.chain((given): E.Either<Fault, PromptedCompletion> =>
        'text' in given
          ? pipe(
              whole(given.text),
              E.map((tokens) => ({ prompt: tokens.subarray(0, 1), completion: tokens.subarray(1) })),
            )
          : completed(given.prompt, given.completion),
      ),
      E.map(({ prompt, completion }) => ({
        row: { prompt, completions: [completion] },
        itemOf: (fitted) => ({ tokens: joined(fitted), given: fitted.prompt.length }),
      })),
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

/** A preference as tokens: the chosen completion and the rejected one after their prompt. */
const pairOf = ({ completed }: RowEncoder, row: Row): E.Either<Fault, TokenRow> =>
  pipe(
    preferenceOfRow(row),
    E.chain(({ prompt, chosen, rejected }) =>
      pipe(
        E.Do,
        E.bind('better', () => completed(prompt, chosen)),
        E.bind('worse', () => completed(prompt, rejected)),
        E.map(({ better, worse }) => ({
          prompt: better.prompt,
          completions: [better.completion, worse.completion],
        })),
      ),
    ),
  )

/** Preferences between completions: DPO and its kin. */
export const pairs = (encoder: RowEncoder, config: Of<'preference'>): DatasetTask<CompletionPair, CompletionPairs> => ({
  encode: (row) =>
    pipe(
      pairOf(encoder, row),
      E.map((pair) => ({
        row: pair,
        itemOf: ({ prompt, completions: [chosen, rejected] }) => ({ prompt, chosen: chosen!, rejected: rejected! }),
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
          completed(prompt, completion),
          E.map((both) => ({
            row: { prompt: both.prompt, completions: [both.completion] },
            itemOf: ({ prompt: before, completions: [own] }: TokenRow) => ({
              prompt: before,
              completion: own!,
              desirable: label,
            }),
          })),
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
      pairOf(encoder, row),
      E.map((pair) => ({
        row: pair,
        itemOf: (fitted) => ({ chosen: joined(fitted, 0), rejected: joined(fitted, 1) }),
      })),
    ),
  batchOf: (some) => ({ pairs: some }),
  task: rewardModel({ head: scoreHead(hidden, 1, { seed }), centring, rateScale }),
})
