import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { SCORE_WEIGHT } from './score-head.ts'
import { VALUE_BIAS, VALUE_WEIGHT } from './value-head.ts'

/** The kinds of head that are kept in a file. */
export type HeadKind = 'value' | 'score'

type Shapes = Readonly<Record<string, readonly number[]>>

/** Where each lies, and its tensors for states of `hidden` components; a score head has any number of labels. */
const HEADS: Readonly<
  Record<HeadKind, { readonly file: string; readonly shapes: (hidden: number, found: HostTensors) => Shapes }>
> = {
  value: {
    file: 'value_head.safetensors',
    shapes: (hidden) => ({ [VALUE_WEIGHT]: [1, hidden], [VALUE_BIAS]: [1] }),
  },
  score: {
    file: 'score_head.safetensors',
    shapes: (hidden, found) => ({ [SCORE_WEIGHT]: [Math.max(1, found[SCORE_WEIGHT]?.shape[0] ?? 1), hidden] }),
  },
}

/** The tensors of those names, or the fault of the first that is missing or of another shape. */
const fitted = (path: string, shapes: Shapes, found: HostTensors): E.Either<PolicyFault, HostTensors> => {
  for (const [tensor, expected] of Object.entries(shapes)) {
    const value = found[tensor]
    const is = value === undefined ? 'missing' : `${value.dtype} [${value.shape.join(', ')}]`
    const wanted = `float32 [${expected.join(', ')}]`
    if (is !== wanted)
      return E.left(
        policyFault(
          'WeightsShape',
          `${path}: tensor "${tensor}" is ${is}, the model needs ${wanted}`,
          'Take the head that was trained on this model',
          { path, tensor, expected },
        ),
      )
  }
  return E.right(Object.fromEntries(Object.keys(shapes).map((tensor) => [tensor, found[tensor]!])))
}

/**
 * Writes a head into a directory, an adapter's as a rule, as a file of its own: `value_head.safetensors` (LLaMA-Factory's
 * name, with TRL's tensors) or `score_head.safetensors`. It is no part of the adapter, because servers refuse adapters
 * with `modules_to_save`. A task's other parameters (log Z) are left out.
 *
 * @example await saveHead('value', parameters, 'adapter', policy.config.hidden)()
 */
export const saveHead = (
  kind: HeadKind,
  parameters: HostTensors,
  directory: string,
  hidden: number,
): TE.TaskEither<PolicyFault, void> => {
  const { file, shapes } = HEADS[kind]
  const path = join(directory, file)
  return pipe(
    TE.fromEither(fitted(path, shapes(hidden, parameters), parameters)),
    TE.chain((own) => writeSafetensors(path, own)),
  )
}

/** Reads a head that `saveHead` wrote, for a model whose hidden states have `hidden` components. */
export const readHead = (
  kind: HeadKind,
  directory: string,
  hidden: number,
): TE.TaskEither<PolicyFault, HostTensors> => {
  const { file, shapes } = HEADS[kind]
  const path = join(directory, file)
  return pipe(
    readSafetensors(path),
    TE.chainEitherK((found) => fitted(path, shapes(hidden, found), found)),
  )
}
