import type { HostTensors } from '@gfnlm/jit'
import * as R from 'fp-ts/lib/Record.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { HubOptions } from '../hub/hub-source.ts'
import type { PolicyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { adapterParameters } from './adapter-parameters.ts'
import { readPeft } from './peft.ts'
import { resolveAdapter } from './resolve-adapter.ts'

/**
 * Reads several PEFT adapters of one policy, by names of the caller's choice, as parameters that its functions take.
 *
 * @param places directories, or ids of the hub with or without a revision: `organisation/name@v1`
 * @example
 * const adapters = await readAdapters(policy, { chat: 'adapters/chat', code: 'org/code-adapter@v2' })()
 * if (isRight(adapters)) switchable(policy, adapters.right, 'chat')
 */
export const readAdapters = <Name extends string>(
  policy: PretrainedPolicy,
  places: Readonly<Record<Name, string>>,
  options: Omit<HubOptions, 'revision' | 'weights'> = {},
): TE.TaskEither<PolicyFault, Readonly<Record<Name, HostTensors>>> =>
  pipe(
    places,
    R.traverse(TE.ApplicativeSeq)((place: string) =>
      pipe(
        resolveAdapter(place, options),
        TE.chain((directory) => readPeft(directory, policy.config)),
        TE.chainEitherK((adapter) => adapterParameters(policy, adapter)),
      ),
    ),
  )
