import { type Fault, fault } from '@gfnlm/env'
import {
  type LoadOptions,
  type PretrainedPolicy,
  type QuantizeOptions,
  type Tokenizer,
  loadPolicy,
} from '@gfnlm/policy'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defined } from './defined.ts'
import { downloadLine } from './download-line.ts'

/** A policy that can read and write text. */
export interface Model {
  readonly policy: PretrainedPolicy
  readonly tokenizer: Tokenizer
}

/** Loads a model with its tokenizer; one without is of no use on a command line. A download is shown on stderr. */
export const loadModel = (directory: string, options: LoadOptions = {}): TE.TaskEither<Fault, Model> =>
  pipe(
    loadPolicy(directory, { onProgress: downloadLine(), ...options }),
    TE.chain((policy): TE.TaskEither<Fault, Model> =>
      policy.tokenizer === undefined
        ? TE.left(
            fault(
              'TokenizerMissing',
              `${directory} has no tokenizer.json`,
              'Add the tokenizer that the model was trained with',
              { directory },
            ),
          )
        : TE.right({ policy, tokenizer: policy.tokenizer }),
    ),
  )

/** A model to be used as it is. */
export interface Frozen {
  readonly model: string
  readonly revision: string | undefined
  readonly adapter: string | undefined
  /** Bits that its linear layers are kept in. */
  readonly quantize: number | undefined
}

/** Loads a model to be used as it is, with an adapter if one is named. */
export const loadFrozen = ({ model, revision, adapter, quantize: bits }: Frozen): TE.TaskEither<Fault, Model> =>
  loadModel(model, {
    ...defined({ revision }),
    ...(adapter === undefined ? {} : { adapter, train: 'none' as const }),
    ...(bits === undefined ? {} : { quantize: { bits: bits as QuantizeOptions['bits'] } }),
  })
