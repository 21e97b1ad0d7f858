import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { readFile } from 'node:fs/promises'
import { type PolicyFault, type PolicyFaultTag, policyFault, reasonOf } from './policy-fault.ts'

/** Reads a JSON object; an absent file and one that is no object have the tag and advice of what it was read for. */
export const readJson =
  (
    path: string,
    tags: { readonly missing: PolicyFaultTag; readonly corrupt: PolicyFaultTag },
    fix: string,
  ): TaskEither<PolicyFault, Readonly<Record<string, unknown>>> =>
  async () => {
    try {
      const value: unknown = JSON.parse(await readFile(path, 'utf8'))
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? E.right(value as Record<string, unknown>)
        : E.left(policyFault(tags.corrupt, `${path} is not a JSON object`, fix, { path }))
    } catch (caught) {
      const missing = (caught as NodeJS.ErrnoException).code === 'ENOENT'
      return E.left(
        missing
          ? policyFault(tags.missing, `there is no ${path}`, fix, { path })
          : policyFault(tags.corrupt, `${path} cannot be read: ${reasonOf(caught)}`, fix, { path }),
      )
    }
  }

/** The same, undefined when the file is absent. */
export const readJsonIfAny =
  (
    path: string,
    corrupt: PolicyFaultTag,
    fix: string,
  ): TaskEither<PolicyFault, Readonly<Record<string, unknown>> | undefined> =>
  async () => {
    const read = await readJson(path, { missing: 'ModelNotFound', corrupt }, fix)()
    return E.isLeft(read) && read.left._tag === 'ModelNotFound' ? E.right(undefined) : read
  }
