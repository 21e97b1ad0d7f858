import type { HostTensors } from '@gfnlm/jit'
import * as R from 'fp-ts/lib/Record.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { PolicyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { adapterParameters } from './adapter-parameters.ts'
import { readPeft } from './peft.ts'

/**
 * Reads several PEFT adapters of one policy, by names of the caller's choice, as parameters that its functions take.
 *
 * @example
 * const adapters = await readAdapters(policy, { chat: 'adapters/chat', code: 'adapters/code' })()
 * if (isRight(adapters)) switchable(policy, adapters.right, 'chat')
 */
export const readAdapters = <Name extends string>(
  policy: PretrainedPolicy,
  directories: Readonly<Record<Name, string>>,
): TE.TaskEither<PolicyFault, Readonly<Record<Name, HostTensors>>> =>
  pipe(
    directories,
    R.traverse(TE.ApplicativeSeq)((directory: string) =>
      pipe(
        readPeft(directory, policy.config),
        TE.chainEitherK((adapter) => adapterParameters(policy, adapter)),
      ),
    ),
  )
