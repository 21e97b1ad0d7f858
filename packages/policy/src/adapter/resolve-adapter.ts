import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { existsSync } from 'node:fs'
import { type HubOptions, isHubId } from '../hub/hub-source.ts'
import { resolveModel } from '../hub/resolve-model.ts'
import type { PolicyFault } from '../policy-fault.ts'

/** The id and the revision of `organisation/name@revision`; undefined for anything else. */
const revised = (place: string): { readonly id: string; readonly revision: string } | undefined => {
  const at = place.indexOf('@')
  const id = place.slice(0, at)
  return at > 0 && isHubId(id) && !existsSync(place) ? { id, revision: place.slice(at + 1) } : undefined
}

/**
 * The directory of an adapter: the one named, or the files of an id of the hub, `organisation/name` or, at a branch, tag
 * or commit, `organisation/name@revision`. A revision in the options is a model's: an adapter has its own.
 */
export const resolveAdapter = (
  place: string,
  { revision: _, ...options }: HubOptions = {},
): TaskEither<PolicyFault, string> => {
  const { id, ...revision } = revised(place) ?? { id: place }
  return resolveModel(id, { ...options, ...revision })
}
